"""Reading surveys and drafts: state, audience, questions."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.feedback.answers.models import Participation
from zone.feedback.surveys.models import Survey, SurveyClosing, SurveyDraft, SurveyQuestion
from zone.feedback.surveys.rules import NewQuestion
from zone.members.eligibility.queries import eligibility, eligible_count
from zone.passes.passes.queries import held_within, holders_within
from zone.places.campuses.queries import campuses
from zone.places.terms.queries import season_on


def survey_by_code(session: Session, code: str) -> Survey:
    """The survey with that code.

    Raises:
        DomainError: not_found.
    """
    survey = session.scalar(select(Survey).where(Survey.code == code))
    if survey is None:
        raise DomainError(NOT_FOUND)
    return survey


def waves(session: Session, year: int, as_of: datetime) -> list[Survey]:
    """The surveys of a year that were known at the as-of time."""
    query = select(Survey).where(Survey.year == year, Survey.recorded_at <= as_of)
    return list(session.scalars(query.order_by(Survey.opens_at)))


def campus_names(session: Session) -> dict[str, str]:
    """The campuses that people may name, by code."""
    return {campus.code: campus.name for campus in campuses(session)}


def last_questions(session: Session) -> list[dict[str, Any]]:
    """The questions of the newest survey, as a draft keeps them: a term's survey asks what the last one did."""
    newest = session.scalar(select(Survey).order_by(Survey.opens_at.desc()).limit(1))
    return [
        {
            "kind": row.kind,
            "is_key": row.is_key,
            "text": {"fi": row.text_fi, "sv": row.text_sv, "en": row.text_en},
        }
        for row in (questions(session, newest.id) if newest else [])
    ]


def is_open(session: Session, survey: Survey, now: datetime) -> bool:
    """Whether the survey takes answers."""
    return (
        survey.opens_at <= now < survey.closes_at and session.get(SurveyClosing, survey.id) is None
    )


def is_for(session: Session, survey: Survey, member_id: int, now: datetime) -> bool:
    """Whether the survey's audience covers a person. It only reads what others keep of them, and writes nothing."""
    if survey.audience == "eligible":
        return bool(eligibility(session, member_id, helsinki_date(now)))
    return held_within(session, member_id, *_term_of(session, survey))


def _term_of(session: Session, survey: Survey) -> tuple[date, date]:
    """The days on which a pass makes one of the audience: from the term's first day to the survey's last."""
    first, last = helsinki_date(survey.opens_at), helsinki_date(survey.closes_at)
    term = season_on(session, first)
    return (min(first, term.starts_on) if term else first), last


@dataclass(frozen=True, slots=True)
class SurveyState:
    """A survey as those see it who run it. `invited` is how many its audience covers, `participants` of them answered.

    `state` is not_yet, open, due (it closes at the next minute) or closed.
    """

    code: str
    title: dict[str, str]
    wave: str
    year: int
    opens_at: datetime
    closes_at: datetime
    audience: str
    state: str
    participants: int
    invited: int


def states(session: Session, now: datetime) -> list[SurveyState]:
    """Every survey, the latest first."""
    rows = session.execute(
        select(Survey, SurveyClosing.participants)
        .outerjoin(SurveyClosing)
        .order_by(Survey.opens_at.desc())
    )
    return [_state_of(session, survey, closed_with, now) for survey, closed_with in rows]


def state_of(session: Session, code: str, now: datetime) -> SurveyState:
    """One of them.

    Raises:
        DomainError: not_found.
    """
    survey = survey_by_code(session, code)
    closing = session.get(SurveyClosing, survey.id)
    return _state_of(session, survey, closing.participants if closing else None, now)


def _state_of(
    session: Session, survey: Survey, closed_with: int | None, now: datetime
) -> SurveyState:
    answered = len(participants(session, survey.id)) if closed_with is None else closed_with
    return SurveyState(
        survey.code,
        {"fi": survey.title_fi, "sv": survey.title_sv, "en": survey.title_en},
        survey.wave,
        survey.year,
        survey.opens_at,
        survey.closes_at,
        survey.audience,
        _word_for(survey, now, closed=closed_with is not None),
        answered,
        invited(session, survey, now),
    )


def _word_for(survey: Survey, now: datetime, *, closed: bool) -> str:
    if closed:
        return "closed"
    if now < survey.opens_at:
        return "not_yet"
    return "open" if now < survey.closes_at else "due"


def invited(session: Session, survey: Survey, now: datetime) -> int:
    """How many people the survey's audience covers; of a closed one, by the day it closed."""
    if survey.audience == "pass":
        return holders_within(session, *_term_of(session, survey))
    return eligible_count(session, helsinki_date(min(now, survey.closes_at)))


def participants(session: Session, survey_id: int) -> list[int]:
    """The members who have answered a survey that is not closed yet."""
    return list(
        session.scalars(select(Participation.member_id).where(Participation.survey_id == survey_id))
    )


def questions(session: Session, survey_id: int) -> list[SurveyQuestion]:
    """The questions in their order."""
    query = select(SurveyQuestion).where(SurveyQuestion.survey_id == survey_id)
    return list(session.scalars(query.order_by(SurveyQuestion.position)))


def asked(session: Session, survey_id: int) -> dict[str, NewQuestion]:
    """The questions by code, as the rules know them."""
    return {
        row.code: NewQuestion(
            row.code, (row.text_fi, row.text_sv, row.text_en), row.kind, row.is_key
        )
        for row in questions(session, survey_id)
    }


def open_ids(session: Session) -> list[int]:
    """The surveys that are not closed."""
    return list(
        session.scalars(
            select(Survey.id).outerjoin(SurveyClosing).where(SurveyClosing.survey_id.is_(None))
        )
    )


def due_ids(session: Session, now: datetime) -> list[int]:
    """The surveys whose time is over and that are not closed."""
    return list(
        session.scalars(
            select(Survey.id)
            .outerjoin(SurveyClosing)
            .where(SurveyClosing.survey_id.is_(None), Survey.closes_at <= now)
        )
    )


def closed(session: Session) -> list[tuple[int, bytes]]:
    """The closed surveys with their public keys."""
    return list(session.execute(select(Survey.id, Survey.public_key).join(SurveyClosing)))


def closed_at(session: Session, survey_id: int, as_of: datetime) -> datetime | None:
    """When a survey was closed, if that was known at the as-of time."""
    return session.scalar(
        select(SurveyClosing.occurred_at).where(
            SurveyClosing.survey_id == survey_id, SurveyClosing.recorded_at <= as_of
        )
    )


def drafts(session: Session) -> list[SurveyDraft]:
    """Every draft, the latest changed first."""
    return list(
        session.scalars(
            select(SurveyDraft).order_by(SurveyDraft.changed_at.desc(), SurveyDraft.id.desc())
        )
    )


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
