"""JSON of surveys for the staff who run them: drafts, publishing, closing."""

import uuid
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.feedback.answers.errors import SURVEY_KEY_MISSING
from zone.feedback.surveys import flows, queries, service
from zone.feedback.surveys.errors import SURVEY_DATES_PASSED, SURVEY_EXISTS, SURVEY_MISMADE
from zone.feedback.surveys.models import SurveyDraft
from zone.feedback.surveys.schemas import (
    ClosedSchema,
    DraftChangeSchema,
    DraftSchema,
    DraftsSchema,
    KeptDraftSchema,
    SurveyListSchema,
    SurveyStateSchema,
    VersionSchema,
)
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import idempotent, refuses

api = Blueprint("feedback_surveys", __name__, tag="feedback")


@api.post("/surveys/<code>/close")
@api.response(200, ClosedSchema)
@may(Permission.SURVEYS_CLOSE)
@refuses(NOT_FOUND, SURVEY_KEY_MISSING)
def close(code: str) -> service.ClosedSurvey:
    """Close a survey before its time: the last answers are stored, who took part is forgotten, the
    key erased.
    """
    return flows.close_early(code, current_actor(), settings=current_settings(), now=utc_now())


@api.get("/surveys")
@api.response(200, SurveyListSchema)
@may(Permission.SURVEYS_WRITE)
def list_surveys() -> dict[str, Any]:
    """Every survey with how many answered, the latest first."""
    with reading() as session:
        return {"surveys": queries.states(session, utc_now())}


@api.get("/survey-drafts")
@api.response(200, DraftsSchema)
@may(Permission.SURVEYS_WRITE)
def list_drafts() -> dict[str, Any]:
    """The surveys in preparation."""
    with reading() as session:
        return {"drafts": [_draft_values(row) for row in queries.drafts(session)]}


@api.post("/survey-drafts")
@api.arguments(DraftSchema)
@api.response(201, KeptDraftSchema)
@may(Permission.SURVEYS_WRITE)
@idempotent
def create_draft(data: dict[str, Any]) -> Response:
    """Begin a survey. Send an Idempotency-Key, so that a repeated request makes one draft."""
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        draft = service.create_draft(session, actor, DraftSchema().dump(data), now=now)
        body: dict[str, Any] = KeptDraftSchema().dump(_draft_values(draft))
        return body

    return idempotency_key.answer_once(201, work)


@api.get("/survey-drafts/<uuid:draft_id>")
@api.response(200, KeptDraftSchema)
@may(Permission.SURVEYS_WRITE)
@refuses(NOT_FOUND)
def show_draft(draft_id: uuid.UUID) -> dict[str, Any]:
    """A survey in preparation."""
    with reading() as session:
        return _draft_values(queries.draft(session, draft_id))


@api.put("/survey-drafts/<uuid:draft_id>")
@api.arguments(DraftChangeSchema)
@api.response(200, KeptDraftSchema)
@may(Permission.SURVEYS_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE)
def change_draft(data: dict[str, Any], draft_id: uuid.UUID) -> dict[str, Any]:
    """Replace a draft."""
    content, version = DraftSchema().dump(data), data["version"]
    with writing() as session:
        return _draft_values(
            service.change_draft(
                session, current_actor(), draft_id, content, version=version, now=utc_now()
            )
        )


@api.delete("/survey-drafts/<uuid:draft_id>")
@api.arguments(VersionSchema, location="query")
@api.response(204)
@may(Permission.SURVEYS_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE)
def discard_draft(data: dict[str, Any], draft_id: uuid.UUID) -> Response:
    """Throw a draft away."""
    with writing() as session:
        service.discard_draft(
            session, current_actor(), draft_id, version=data["version"], now=utc_now()
        )
    return Response(status=204)


@api.post("/survey-drafts/<uuid:draft_id>/publish")
@api.arguments(VersionSchema)
@api.response(201, SurveyStateSchema)
@may(Permission.SURVEYS_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE, SURVEY_DATES_PASSED, SURVEY_MISMADE, SURVEY_EXISTS)
def publish_draft(data: dict[str, Any], draft_id: uuid.UUID) -> queries.SurveyState:
    """Make the survey of a draft: it opens on its first day, and its questions no longer change."""
    settings, now = current_settings(), utc_now()
    with writing() as session:
        survey = service.publish_draft(
            session,
            current_actor(),
            draft_id,
            version=data["version"],
            settings=settings,
            now=now,
        )
        return queries.state_of(session, survey.code, now)


def _draft_values(row: SurveyDraft) -> dict[str, Any]:
    content: dict[str, Any] = DraftSchema().load(row.content)
    return content | {
        "id": row.public_id,
        "version": row.version,
        "changed_at": row.changed_at,
    }
