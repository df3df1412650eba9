"""Surveys in preparation: kept, changed by whoever saw the latest, published once. Never commits."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.config import Settings
from zone.core import versions
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.ids import new_public_id
from zone.core.text import LANGUAGES
from zone.core.time import day_window
from zone.feedback import service
from zone.feedback.errors import SURVEY_PAST
from zone.feedback.models import Survey, SurveyDraft
from zone.feedback.rules import NewQuestion
from zone.feedback.service import NewSurvey
from zone.members.service import audit

Content = Mapping[str, Any]
"""What DraftSchema dumps: JSON-ready, dates as ISO days of Helsinki, both included."""


def version_of(content: Content) -> str:
    """The version that an editor saw: any change makes another one."""
    return versions.version_of(content)


def drafts(session: Session) -> list[SurveyDraft]:
    """Every draft, the latest changed first."""
    return list(session.scalars(select(SurveyDraft).order_by(SurveyDraft.changed_at.desc(), SurveyDraft.id.desc())))


def draft(session: Session, public_id: uuid.UUID, *, to_change: bool = False) -> SurveyDraft:
    """One draft; `to_change` holds it against others until the transaction ends.

    Raises:
        DomainError: not_found.
    """
    query = select(SurveyDraft).where(SurveyDraft.public_id == public_id)
    found = session.scalar(query.with_for_update() if to_change else query)
    if found is None:
        raise DomainError(NOT_FOUND)
    return found


def create(session: Session, content: Content, *, actor_id: int, now: datetime) -> SurveyDraft:
    """Keep a new draft."""
    made = SurveyDraft(public_id=new_public_id(), content=dict(content), changed_by=actor_id, changed_at=now)
    session.add(made)
    session.flush()
    _audit(session, "survey.draft", made.public_id, actor_id, now)
    return made


def change(
    session: Session, public_id: uuid.UUID, content: Content, *, version: str, actor_id: int, now: datetime
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


def discard(session: Session, public_id: uuid.UUID, *, version: str, actor_id: int, now: datetime) -> None:
    """Throw a draft away, if it is still as the editor saw it.

    Raises:
        DomainError: not_found, edited_meanwhile.
    """
    found = draft(session, public_id, to_change=True)
    _check_version(found, version, found.content)
    session.delete(found)
    session.flush()
    _audit(session, "survey.discard", public_id, actor_id, now)


def publish(
    session: Session, public_id: uuid.UUID, *, version: str, settings: Settings, actor_id: int, now: datetime
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
        raise DomainError(SURVEY_PAST)
    made = service.open_survey(session, new, settings=settings, now=now)
    session.delete(found)
    session.flush()
    _audit(session, "survey.publish", made.code, actor_id, now)
    return made


def survey_of(content: Content) -> NewSurvey:
    """The survey that a draft describes: from the midnight before its first day to the one after its last."""
    return NewSurvey(
        code=f"{content['wave']}-{content['year']}",
        wave=content["wave"],
        year=content["year"],
        titles=_three(content["title"]),
        opens_at=day_window(date.fromisoformat(content["opens_on"]))[0],
        closes_at=day_window(date.fromisoformat(content["closes_on"]))[1],
        questions=[
            NewQuestion(f"q{number}", _three(item["text"]), item["kind"], is_key=item["is_key"])
            for number, item in enumerate(content["questions"], 1)
        ],
        by_campus=content["by_campus"],
        audience=content["audience"],
    )


def differences(stored: Content, typed: Content) -> list[str]:
    """What differs between two contents, by the names of the API: `title`, `opens_on`, `questions.2`."""
    names = [name for name in stored if name != "questions" and stored[name] != typed.get(name)]
    ours, theirs = stored["questions"], typed.get("questions", [])
    longest = max(len(ours), len(theirs))
    return names + [f"questions.{n + 1}" for n in range(longest) if ours[n : n + 1] != theirs[n : n + 1]]


def _check_version(found: SurveyDraft, version: str, typed: Content) -> None:
    stored = version_of(found.content)
    if version != stored:
        raise edited_meanwhile(stored, differences(found.content, typed))


def _three(words: Mapping[str, str]) -> tuple[str, str, str]:
    fi, sv, en = (words[language] for language in LANGUAGES)
    return fi, sv, en


def _audit(session: Session, action: str, object_id: object, actor_id: int, now: datetime) -> None:
    audit(session, actor_id=actor_id, action=action, object_kind="survey", object_id=object_id, now=now)
