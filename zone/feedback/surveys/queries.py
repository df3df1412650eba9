"""Surveys and drafts: state, audience, questions."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.feedback.answers.models import Participation
from zone.feedback.surveys.models import Survey, SurveyClosing, SurveyDraft, SurveyQuestion
from zone.feedback.surveys.rules import NewQuestion
from zone.members.eligibility.queries import count_eligible, eligibility
from zone.passes.holders.queries import count_holders_within, had_pass_within
from zone.places.campuses.queries import campuses
from zone.places.terms.queries import season_on


def survey_by_code(session: Session, code: str) -> Survey:
    """Return the survey with a code.

    Raises:
        DomainError: not_found.
    """
    survey = session.scalar(select(Survey).where(Survey.code == code))
    if survey is None:
        raise DomainError(NOT_FOUND)
    return survey


def surveys_of_year(session: Session, year: int, as_of: datetime) -> list[Survey]:
    """Return the surveys of a year that were recorded by the as-of time."""
    query = select(Survey).where(Survey.year == year, Survey.recorded_at <= as_of)
    return list(session.scalars(query.order_by(Survey.opens_at)))


def surveys_with_closing(
    session: Session, year: int, as_of: datetime
) -> list[tuple[Survey, datetime | None]]:
    """Return the surveys of a year, as `surveys_of_year`, each with what `closed_at` returns."""
    known = SurveyClosing.survey_id == Survey.id, SurveyClosing.recorded_at <= as_of
    rows = session.execute(
        select(Survey, SurveyClosing.occurred_at)
        .outerjoin(SurveyClosing, and_(*known))
        .where(Survey.year == year, Survey.recorded_at <= as_of)
        .order_by(Survey.opens_at)
    )
    return [(survey, closing) for survey, closing in rows]


def public_keys(session: Session, *, closed: bool) -> list[tuple[str, bytes]]:
    """Return (code, public key) of the surveys whose closing is recorded, or of the others."""
    closings = select(SurveyClosing.survey_id)
    condition = Survey.id.in_(closings) if closed else Survey.id.not_in(closings)
    rows = session.execute(select(Survey.code, Survey.public_key).where(condition))
    return [(code, public) for code, public in rows]


def campus_names(session: Session) -> dict[str, str]:
    """Return the names of the campuses by code."""
    return {campus.code: campus.name for campus in campuses(session)}


def last_questions(session: Session) -> list[dict[str, Any]]:
    """Return the questions of the newest survey as a draft stores them."""
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
    """Whether a person belongs to the audience of a survey."""
    if survey.audience == "eligible":
        return bool(eligibility(session, member_id, helsinki_date(now)))
    return had_pass_within(session, member_id, *_term_of(session, survey))


def _term_of(session: Session, survey: Survey) -> tuple[date, date]:
    """Return the days on which a pass counts: the first of the term and the last of the survey."""
    first_day, last_day = helsinki_date(survey.opens_at), helsinki_date(survey.closes_at)
    term = season_on(session, first_day)
    return (min(first_day, term.starts_on) if term else first_day), last_day


@dataclass(frozen=True, slots=True)
class SurveyState:
    """A survey for the staff who run it.

    `invited` is the size of its audience, `participants` how many answered. `state` is not_yet,
    open, due (the next run of the job closes it) or closed.
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
    """Return every survey, the latest first."""
    rows = session.execute(
        select(Survey, SurveyClosing.participants)
        .outerjoin(SurveyClosing)
        .order_by(Survey.opens_at.desc())
    )
    return [
        _state_of(session, survey, closed_participants, now) for survey, closed_participants in rows
    ]


def state_of(session: Session, code: str, now: datetime) -> SurveyState:
    """Return the state of one survey.

    Raises:
        DomainError: not_found.
    """
    survey = survey_by_code(session, code)
    closing = session.get(SurveyClosing, survey.id)
    return _state_of(session, survey, closing.participants if closing else None, now)


def _state_of(
    session: Session, survey: Survey, closed_participants: int | None, now: datetime
) -> SurveyState:
    answered = (
        len(participants(session, survey.id))
        if closed_participants is None
        else closed_participants
    )
    return SurveyState(
        survey.code,
        {"fi": survey.title_fi, "sv": survey.title_sv, "en": survey.title_en},
        survey.wave,
        survey.year,
        survey.opens_at,
        survey.closes_at,
        survey.audience,
        _state_name(survey, now, closed=closed_participants is not None),
        answered,
        invited(session, survey, now),
    )


def _state_name(survey: Survey, now: datetime, *, closed: bool) -> str:
    if closed:
        return "closed"
    if now < survey.opens_at:
        return "not_yet"
    return "open" if now < survey.closes_at else "due"


def invited(session: Session, survey: Survey, now: datetime) -> int:
    """Return the size of a survey's audience; of a closed survey, on the day it closed."""
    if survey.audience == "pass":
        return count_holders_within(session, *_term_of(session, survey))
    return count_eligible(session, helsinki_date(min(now, survey.closes_at)))


def participants(session: Session, survey_id: int) -> list[int]:
    """Return the members who have answered a survey; none are stored once it is closed."""
    return list(
        session.scalars(select(Participation.member_id).where(Participation.survey_id == survey_id))
    )


def questions(session: Session, survey_id: int) -> list[SurveyQuestion]:
    """Return the questions of a survey in their order."""
    query = select(SurveyQuestion).where(SurveyQuestion.survey_id == survey_id)
    return list(session.scalars(query.order_by(SurveyQuestion.position)))


def questions_by_code(session: Session, survey_id: int) -> dict[str, NewQuestion]:
    """Return the questions of a survey by code, as the rules take them."""
    return {
        row.code: NewQuestion(
            row.code, (row.text_fi, row.text_sv, row.text_en), row.kind, row.is_key
        )
        for row in questions(session, survey_id)
    }


def unclosed_ids(session: Session) -> list[int]:
    """Return the ids of the surveys that are not closed."""
    return list(
        session.scalars(
            select(Survey.id).outerjoin(SurveyClosing).where(SurveyClosing.survey_id.is_(None))
        )
    )


def due_ids(session: Session, now: datetime) -> list[int]:
    """Return the ids of the surveys that are not closed and whose time is over."""
    return list(
        session.scalars(
            select(Survey.id)
            .outerjoin(SurveyClosing)
            .where(SurveyClosing.survey_id.is_(None), Survey.closes_at <= now)
        )
    )


def closed_surveys(session: Session) -> list[tuple[int, bytes]]:
    """Return the ids of the closed surveys with their public keys."""
    return list(session.execute(select(Survey.id, Survey.public_key).join(SurveyClosing)))


def closed_at(session: Session, survey_id: int, as_of: datetime) -> datetime | None:
    """Return when a survey was closed; None where that was not recorded by the as-of time."""
    return session.scalar(
        select(SurveyClosing.occurred_at).where(
            SurveyClosing.survey_id == survey_id, SurveyClosing.recorded_at <= as_of
        )
    )


def drafts(session: Session) -> list[SurveyDraft]:
    """Return every draft, the latest changed first."""
    return list(
        session.scalars(
            select(SurveyDraft).order_by(SurveyDraft.changed_at.desc(), SurveyDraft.id.desc())
        )
    )


def draft(session: Session, public_id: uuid.UUID, *, to_change: bool = False) -> SurveyDraft:
    """Return a draft; `to_change` locks it until the transaction ends.

    Raises:
        DomainError: not_found.
    """
    query = select(SurveyDraft).where(SurveyDraft.public_id == public_id)
    row = session.scalar(query.with_for_update() if to_change else query)
    if row is None:
        raise DomainError(NOT_FOUND)
    return row
