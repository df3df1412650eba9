"""Read what the planner of the week shows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.weekly_classes import queries as weekly_classes_queries
from zone.booking.weekly_classes.models import SessionRule
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.places.calendar.queries import calendar
from zone.places.calendar.rules import CalendarEntry
from zone.places.campuses.models import Campus
from zone.places.campuses.queries import campuses
from zone.places.opening_hours.queries import week_on
from zone.places.spaces.queries import SpaceView, spaces
from zone.places.terms.queries import Term, terms
from zone.reporting.kpis.errors import NO_TARGETS
from zone.reporting.kpis.queries import goals_of
from zone.reporting.week.rules import PlannedClass


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned in a term. `term` is None between terms; `terms` are those not over yet.

    `goal` is target B, in hours a week; None where no target is set. `people` are the names of
    instructors by id.
    """

    campuses: Sequence[Campus]
    spaces: Mapping[int, SpaceView]
    classes: Sequence[PlannedClass]
    people: Mapping[int, str]
    terms: Sequence[Term]
    term: Term | None
    first: date
    last: date
    goal: Decimal | None


def class_by_id(
    session: Session, public_id: UUID, language: str, weekday: int | None = None
) -> PlannedClass:
    """Return one weekly class, on one of its weekdays: the first where another one is named.

    Raises:
        DomainError: not_found.
    """
    rule = session.scalar(select(SessionRule).where(SessionRule.public_id == public_id))
    if rule is None:
        raise DomainError(NOT_FOUND)
    on = weekday if weekday in rule.weekdays else rule.weekdays[0]
    return planned(rule, on, language)


def plan(
    session: Session,
    now: datetime,
    language: str,
    term: str | None,
    held_on: date,
    chosen: PlannedClass | None = None,
) -> Plan:
    """Return what is planned from today on in a term, with the chosen class in any case.

    `term` is its code; without a known one it is that of `held_on`, else the next.
    """
    today = helsinki_date(now)
    coming = [one for one in reversed(terms(session, now)) if one.season.ends_on >= today]
    of_term = _term(coming, term, held_on)
    # Between terms and without any, what is planned at all.
    first = max(today, of_term.season.starts_on) if of_term else today
    last = of_term.season.ends_on if of_term else date.max
    classes = weekly_classes_queries.classes_between(session, first, last)
    shown = [planned(rule, day, language) for rule in classes for day in rule.weekdays]
    if chosen and chosen not in shown:
        shown.append(chosen)
    return Plan(
        campuses(session),
        {space.id: space for space in spaces(session)},
        shown,
        _names(session, {one.instructor_id for one in shown if one.instructor_id}),
        coming,
        of_term,
        first,
        last,
        _goal(session, first.year, now),
    )


def planned(rule: SessionRule, weekday: int, language: str) -> PlannedClass:
    """Return a weekly class on one of its weekdays, as the planner needs it."""
    return PlannedClass(
        rule.public_id,
        getattr(rule.activity, f"name_{language}"),
        rule.kind,
        rule.activity.category,
        rule.live,
        rule.space_id,
        rule.instructor_id,
        weekday,
        rule.starts_at,
        rule.minutes,
        rule.first_on,
        rule.last_on,
        tuple(day for day in rule.weekdays if day != weekday),
    )


def open_hours(session: Session, campus_id: int, day: date) -> list[tuple[time, time]]:
    """Return the ordinary opening hours of a campus, of all days of a week."""
    return [hours for _, of_day in week_on(session, campus_id, day) for hours in of_day]


def calendar_of(
    session: Session, campus_id: int | None, plan: Plan, now: datetime
) -> list[CalendarEntry]:
    """Return what is not as usual at a campus in the rest of the term; between terms, nothing."""
    if plan.term is None:
        return []
    return calendar(session, campus_id, plan.first, plan.last, now)


def _term(coming: Sequence[Term], code: str | None, held_on: date) -> Term | None:
    named = [one for one in coming if one.season.code == code]
    on_day = [one for one in coming if one.season.starts_on <= held_on <= one.season.ends_on]
    return next(iter([*named, *on_day, *coming]), None)


def _names(session: Session, ids: Collection[int]) -> dict[int, str]:
    rows = session.execute(select(Member.id, Member.name, Member.email).where(Member.id.in_(ids)))
    return {id_: name or email for id_, name, email in rows}


def _goal(session: Session, year: int, now: datetime) -> Decimal | None:
    try:
        goals = goals_of(session, year, now)
    except DomainError as refusal:
        if refusal.reasons[0] is NO_TARGETS:
            return None
        raise
    return next((goal.goal for goal in goals if goal.key == "B"), None)
