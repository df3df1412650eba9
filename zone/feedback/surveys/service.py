"""Drafts of surveys, and publishing them. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.config import Settings
from zone.core.errors import DomainError, edited_meanwhile
from zone.core.ids import new_public_id
from zone.feedback.answers import sealing
from zone.feedback.surveys import rules
from zone.feedback.surveys.errors import SURVEY_DATES_PASSED
from zone.feedback.surveys.models import Survey, SurveyDraft, SurveyQuestion
from zone.feedback.surveys.queries import draft
from zone.feedback.surveys.rules import (
    Content,
    NewQuestion,
    NewSurvey,
    differences,
    survey_of,
    version_of,
)


def create_draft(
    session: Session, content: Content, *, actor_id: int, now: datetime
) -> SurveyDraft:
    """Keep a new draft."""
    made = SurveyDraft(
        public_id=new_public_id(), content=dict(content), changed_by=actor_id, changed_at=now
    )
    session.add(made)
    session.flush()
    _audit(session, "survey.draft", made.public_id, actor_id, now)
    return made


def change_draft(
    session: Session,
    public_id: uuid.UUID,
    content: Content,
    *,
    version: str,
    actor_id: int,
    now: datetime,
) -> SurveyDraft:
    """Replace what a draft holds, if it is still as the editor saw it.

    Raises:
        DomainError: not_found; edited_meanwhile.
    """
    found = draft(session, public_id, to_change=True)
    _check_version(found, version, content)
    if version_of(content) != version:
        found.content, found.changed_by, found.changed_at = dict(content), actor_id, now
        session.flush()
        _audit(session, "survey.draft", public_id, actor_id, now)
    return found


def discard_draft(
    session: Session, public_id: uuid.UUID, *, version: str, actor_id: int, now: datetime
) -> None:
    """Throw a draft away, if it is still as the editor saw it.

    Raises:
        DomainError: not_found, edited_meanwhile.
    """
    found = draft(session, public_id, to_change=True)
    _check_version(found, version, found.content)
    session.delete(found)
    session.flush()
    _audit(session, "survey.discard", public_id, actor_id, now)


def publish_draft(
    session: Session,
    public_id: uuid.UUID,
    *,
    version: str,
    settings: Settings,
    actor_id: int,
    now: datetime,
) -> Survey:
    """Make a survey of a draft, which is gone then: its questions no longer change.

    Raises:
        DomainError: not_found, edited_meanwhile, survey_dates_passed, survey_mismade; survey_exists when the row
            is written.
    """
    found = draft(session, public_id, to_change=True)
    _check_version(found, version, found.content)
    new = survey_of(found.content)
    if new.closes_at <= now:
        raise DomainError(SURVEY_DATES_PASSED)
    made = open_survey(session, new, settings=settings, now=now)
    session.delete(found)
    session.flush()
    _audit(session, "survey.publish", made.code, actor_id, now)
    return made


def _check_version(found: SurveyDraft, version: str, typed: Content) -> None:
    stored = version_of(found.content)
    if version != stored:
        raise edited_meanwhile(stored, differences(found.content, typed))


def _audit(session: Session, action: str, object_id: object, actor_id: int, now: datetime) -> None:
    record_action(
        session,
        actor_id=actor_id,
        action=action,
        object_kind="survey",
        object_id=object_id,
        now=now,
    )


def open_survey(session: Session, new: NewSurvey, *, settings: Settings, now: datetime) -> Survey:
    """Set up a survey with its questions and its key pair; the private half goes to a file under `settings.keys`.

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
        public_key=sealing.make_key(settings),
        recorded_at=now,
    )
    session.add(survey)
    session.flush()
    session.add_all(
        _question(survey.id, position, item) for position, item in enumerate(new.questions, 1)
    )
    session.flush()
    return survey


def _question(survey_id: int, position: int, item: NewQuestion) -> SurveyQuestion:
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
