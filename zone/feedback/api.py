"""Surveys as JSON. An answer takes no Idempotency-Key: a kept request would be a second, readable copy of it."""

import uuid
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.db import reading, writing
from zone.feedback import drafts, jobs, queries, service
from zone.feedback.models import Survey, SurveyClosing, SurveyDraft
from zone.feedback.queries import QuestionResults
from zone.feedback.schemas import (
    ClosedSchema,
    DraftChangeSchema,
    DraftSchema,
    DraftsSchema,
    KeptDraftSchema,
    OpenSurveysSchema,
    ResultsSchema,
    SheetSchema,
    SurveyListSchema,
    SurveySchema,
    SurveyStateSchema,
    ThanksSchema,
    VersionSchema,
)
from zone.feedback.views import open_surveys, survey_view, words_of
from zone.http import idempotency
from zone.http.auth import current_actor, require, scope, signed_in
from zone.http.blueprint import Blueprint
from zone.http.context import current_settings
from zone.http.problems import language
from zone.members.service import audit

api = Blueprint("feedback", __name__, tag="feedback")


@api.get("/surveys/<code>")
@api.response(200, SurveySchema)
@signed_in
def survey(code: str) -> Any:
    """A survey with its questions, and whether one can answer it.

    Errors: not_found.
    """
    with reading() as session:
        return survey_view(session, code, current_actor().id, language(), utc_now())


@api.post("/surveys/<code>/answers")
@api.arguments(SheetSchema)
@api.response(201, ThanksSchema)
@signed_in
def give_answers(sheet: dict[str, Any], code: str) -> dict[str, str]:
    """Answer a survey, once. What is answered is sealed at once and mixed with at least 19 others before it is read.

    Errors: not_found, survey_not_open, survey_not_for_you, survey_answered, survey_answer_invalid.
    """
    with writing() as session:
        service.answer(
            session, member_id=current_actor().id, survey_id=queries.survey_by_code(session, code).id,
            given=sheet["answers"], campus=sheet["campus"], now=utc_now(),
        )  # fmt: skip
    return {"state": "answered"}


@api.post("/surveys/<code>/close")
@api.response(200, ClosedSchema)
@require("manager")
def close(code: str) -> dict[str, Any]:
    """Close a survey before its time: the last answers are stored, who took part is forgotten, the key erased.

    Errors: not_found, survey_key_missing (nothing is lost; close it where the key is).
    """
    settings, now = current_settings(), utc_now()
    with writing() as session:
        found = queries.survey_by_code(session, code)
        service.close(session, found.id, settings=settings, now=now)
        closing = session.get_one(SurveyClosing, found.id)
        audit(
            session, actor_id=current_actor().id, action="survey.close", object_kind="survey", object_id=code, now=now
        )
    jobs.finish(settings)
    return {"code": code, "closed_at": closing.occurred_at, "participants": closing.participants}


@api.get("/surveys/<code>/results")
@api.response(200, ResultsSchema)
@require("manager", "admin")
@scope("figures:read")
def results(code: str) -> dict[str, Any]:
    """What was answered, once the survey is closed; nothing about fewer than five people.

    Errors: not_found.
    """
    now = utc_now()
    with reading() as session:
        found: Survey = queries.survey_by_code(session, code)
        questions = [_result(item) for item in queries.all_results(session, found.id, now)]
        return {
            "code": code,
            "questions": questions,
            "campuses": queries.wave_results(session, found.id, now).campuses,
        }


@api.get("/surveys")
@api.response(200, SurveyListSchema)
@require("manager", "admin")
def list_surveys() -> dict[str, Any]:
    """Every survey with how many answered, the latest first."""
    with reading() as session:
        return {"surveys": queries.states(session, utc_now())}


@api.get("/me/surveys")
@api.response(200, OpenSurveysSchema)
@signed_in
def my_surveys() -> dict[str, Any]:
    """The surveys that one may answer now and has not answered yet."""
    with reading() as session:
        return {"surveys": open_surveys(session, current_actor().id, utc_now())}


@api.get("/survey-drafts")
@api.response(200, DraftsSchema)
@require("manager", "admin")
def list_drafts() -> dict[str, Any]:
    """The surveys in preparation."""
    with reading() as session:
        return {"drafts": [_kept(row) for row in drafts.drafts(session)]}


@api.post("/survey-drafts")
@api.arguments(DraftSchema)
@api.response(201, KeptDraftSchema)
@require("manager", "admin")
def create_draft(new: dict[str, Any]) -> Response:
    """Begin a survey. Send an Idempotency-Key, so that a repeated request makes one draft.

    Errors: idempotency_mismatch, idempotency_key_invalid.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        made = drafts.create(session, dumped(new), actor_id=actor.id, now=now)
        body: dict[str, Any] = KeptDraftSchema().dump(_kept(made))
        return body

    return idempotency.answer_once(201, work)


@api.get("/survey-drafts/<uuid:draft_id>")
@api.response(200, KeptDraftSchema)
@require("manager", "admin")
def show_draft(draft_id: uuid.UUID) -> dict[str, Any]:
    """A survey in preparation. Errors: not_found."""
    with reading() as session:
        return _kept(drafts.draft(session, draft_id))


@api.put("/survey-drafts/<uuid:draft_id>")
@api.arguments(DraftChangeSchema)
@api.response(200, KeptDraftSchema)
@require("manager", "admin")
def change_draft(wish: dict[str, Any], draft_id: uuid.UUID) -> dict[str, Any]:
    """Replace a draft. Errors: not_found, edited_meanwhile (with `changed`: read it anew and decide)."""
    version = wish.pop("version")
    with writing() as session:
        actor_id, now = current_actor().id, utc_now()
        return _kept(drafts.change(session, draft_id, dumped(wish), version=version, actor_id=actor_id, now=now))


@api.delete("/survey-drafts/<uuid:draft_id>")
@api.arguments(VersionSchema, location="query")
@api.response(204)
@require("manager", "admin")
def discard_draft(seen: dict[str, str], draft_id: uuid.UUID) -> Response:
    """Throw a draft away. Errors: not_found, edited_meanwhile."""
    with writing() as session:
        drafts.discard(session, draft_id, version=seen["version"], actor_id=current_actor().id, now=utc_now())
    return Response(status=204)


@api.post("/survey-drafts/<uuid:draft_id>/publish")
@api.arguments(VersionSchema)
@api.response(201, SurveyStateSchema)
@require("manager", "admin")
def publish_draft(seen: dict[str, str], draft_id: uuid.UUID) -> queries.SurveyState:
    """Make the survey of a draft: it opens on its first day, and its questions no longer change.

    Errors: not_found, edited_meanwhile, survey_dates_passed, survey_mismade, survey_exists.
    """
    settings, now = current_settings(), utc_now()
    with writing() as session:
        made = drafts.publish(
            session, draft_id, version=seen["version"], settings=settings, actor_id=current_actor().id, now=now
        )
        return queries.state_of(session, made.code, now)


def dumped(new: dict[str, Any]) -> dict[str, Any]:
    """What DraftSchema loaded, as a draft keeps it."""
    content: dict[str, Any] = DraftSchema().dump(new)
    return content


def _kept(row: SurveyDraft) -> dict[str, Any]:
    content: dict[str, Any] = DraftSchema().load(row.content)
    return content | {"id": row.public_id, "version": drafts.version_of(row.content), "changed_at": row.changed_at}


def _result(item: QuestionResults) -> dict[str, Any]:
    return {
        "code": item.question.code,
        "text": words_of(item.question, "text", language()),
        "n": item.n,
        "figures": item.cell,
        "words": item.words,
    }
