"""Draft, publish and close surveys, audited. Never commits."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.versions import refuse_stale
from zone.feedback.answers import sealing
from zone.feedback.answers import service as answers
from zone.feedback.surveys import queries, rules
from zone.feedback.surveys.errors import SURVEY_DATES_PASSED
from zone.feedback.surveys.models import Survey, SurveyClosing, SurveyDraft, SurveyQuestion
from zone.feedback.surveys.rules import (
    Content,
    NewQuestion,
    NewSurvey,
    differences,
    survey_of,
)


@dataclass(frozen=True, slots=True)
class ClosedSurvey:
    """A closed survey and how many answered it."""

    code: str
    closed_at: datetime
    participants: int


def create_draft(session: Session, actor: Actor, content: Content, *, now: datetime) -> SurveyDraft:
    """Store a new draft.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.SURVEYS_WRITE)
    draft = SurveyDraft(
        public_id=new_public_id(), content=dict(content), changed_by=actor.id, changed_at=now
    )
    session.add(draft)
    session.flush()
    _audit(session, actor, "survey.draft", draft.public_id, now)
    return draft


def change_draft(
    session: Session,
    actor: Actor,
    public_id: uuid.UUID,
    content: Content,
    *,
    version: int,
    now: datetime,
) -> SurveyDraft:
    """Replace the content of a draft, if it is still the version that the editor saw.

    Raises:
        DomainError: forbidden, not_found, edited_meanwhile.
    """
    actor.require(Permission.SURVEYS_WRITE)
    draft = queries.draft(session, public_id, to_change=True)
    if content == draft.content:  # the second tap on the button
        return draft
    refuse_stale(draft.version, version, differences(draft.content, content))
    draft.content, draft.changed_by, draft.changed_at = dict(content), actor.id, now
    draft.version += 1
    session.flush()
    _audit(session, actor, "survey.draft", public_id, now)
    return draft


def discard_draft(
    session: Session, actor: Actor, public_id: uuid.UUID, *, version: int, now: datetime
) -> None:
    """Delete a draft, if it is still the version that the editor saw.

    Raises:
        DomainError: forbidden, not_found, edited_meanwhile.
    """
    actor.require(Permission.SURVEYS_WRITE)
    draft = queries.draft(session, public_id, to_change=True)
    refuse_stale(draft.version, version, ())
    session.delete(draft)
    session.flush()
    _audit(session, actor, "survey.discard", public_id, now)


def publish_draft(
    session: Session,
    actor: Actor,
    public_id: uuid.UUID,
    *,
    version: int,
    settings: Settings,
    now: datetime,
) -> Survey:
    """Make the survey of a draft and delete the draft.

    Raises:
        DomainError: forbidden, not_found, edited_meanwhile, survey_dates_passed, survey_mismade;
            survey_exists when the row is written.
    """
    actor.require(Permission.SURVEYS_WRITE)
    draft = queries.draft(session, public_id, to_change=True)
    refuse_stale(draft.version, version, ())
    new = survey_of(draft.content)
    if new.closes_at <= now:
        raise DomainError(SURVEY_DATES_PASSED)
    survey = open_survey(session, new, settings=settings, now=now)
    session.delete(draft)
    session.flush()
    _audit(session, actor, "survey.publish", survey.code, now)
    return survey


def close_survey(
    session: Session, actor: Actor, code: str, *, settings: Settings, now: datetime
) -> ClosedSurvey:
    """Close a survey before its time, and audit it; doing it again changes nothing.

    Call `flows.finish_closing` after the transaction.

    Raises:
        DomainError: forbidden, not_found, survey_key_missing.
    """
    actor.require(Permission.SURVEYS_CLOSE)
    survey = queries.survey_by_code(session, code)
    # Locked first: of two who close it at once the second finds it closed.
    is_new = answers.is_open(session, survey.id)
    answers.close_survey(session, survey.id, settings=settings, now=now)
    closing = session.get_one(SurveyClosing, survey.id)
    if is_new:
        _audit(session, actor, "survey.close", code, now)
    return ClosedSurvey(code, closing.occurred_at, closing.participants)


def _audit(session: Session, actor: Actor, action: str, object_id: object, now: datetime) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="survey",
        object_id=object_id,
        now=now,
    )


def open_survey(session: Session, new: NewSurvey, *, settings: Settings, now: datetime) -> Survey:
    """Store a survey with its questions, and its private key in a file under `settings.keys`.

    Raises:
        DomainError: survey_mismade, survey_exists.
    """
    rules.check_survey(new.questions, new.opens_at, new.closes_at)
    title_fi, title_sv, title_en = new.titles
    survey = Survey(
        code=new.code,
        wave=new.wave,
        year=new.year,
        title_fi=title_fi,
        title_sv=title_sv,
        title_en=title_en,
        opens_at=new.opens_at,
        closes_at=new.closes_at,
        by_campus=new.by_campus,
        audience=new.audience,
        # The key's file is on disk before the row: answers to a survey without it could never be
        # opened. A rollback leaves a file that nothing refers to.
        public_key=sealing.make_key(settings),
        recorded_at=now,
    )
    session.add(survey)
    session.flush()
    session.add_all(
        _question_row(survey.id, position, item) for position, item in enumerate(new.questions, 1)
    )
    session.flush()
    return survey


def _question_row(survey_id: int, position: int, item: NewQuestion) -> SurveyQuestion:
    text_fi, text_sv, text_en = item.texts
    return SurveyQuestion(
        survey_id=survey_id,
        position=position,
        code=item.code,
        kind=item.kind,
        is_key=item.is_key,
        text_fi=text_fi,
        text_sv=text_sv,
        text_en=text_en,
    )
