"""Read weekly classes."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from zone.booking.activities.models import Activity
from zone.booking.activities.rules import details_in
from zone.booking.policies import queries as policies_queries
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.weekly_classes import rules
from zone.booking.weekly_classes.models import SessionRule, SkippedDay
from zone.booking.weekly_classes.rules import ClassDay, ClassPlan, Weekly
from zone.core.i18n import LANGUAGES
from zone.core.time import Window, helsinki_date
from zone.members.people.queries import member_by_id, member_by_public_id
from zone.places.calendar.queries import calendar
from zone.places.opening_hours.queries import open_windows
from zone.places.spaces.queries import space_by_id, space_by_public_id

OPTIONAL: Final = (
    "level",
    *("description_fi", "description_sv", "description_en", "bring_fi", "bring_sv", "bring_en"),
)
"""What a request may leave out."""


def classes(session: Session, today: date) -> list[SessionRule]:
    """Return the weekly classes that still fall on some day, in the order of the week."""
    query = select(SessionRule).where(SessionRule.last_on >= today).order_by(SessionRule.id)
    return _with_days(session, query)


def _with_days(
    session: Session, query: Select[SessionRule], first: date = date.min, last: date = date.max
) -> list[SessionRule]:
    """Return the classes of a query that are held on some day, in the order of the week."""
    skipped = {(row.rule_id, row.day) for row in session.scalars(select(SkippedDay))}
    found = [
        rule
        for rule in session.scalars(query)
        if any(
            (rule.id, day) not in skipped
            for day, _, _ in rules.weekly(weekly_of(rule), first=first, last=last)
        )
    ]
    return sorted(found, key=lambda rule: (rule.weekdays, rule.starts_at))


def classes_between(session: Session, first: date, last: date) -> list[SessionRule]:
    """Return the weekly classes that fall on some day between two days, in the order of the week.

    Both days are included.
    """
    query = (
        select(SessionRule)
        .where(SessionRule.first_on <= last, SessionRule.last_on >= first)
        .order_by(SessionRule.id)
    )
    return _with_days(session, query, first, last)


def future_sessions(session: Session, rule_id: int, now: datetime) -> Sequence[ClassSession]:
    """Return the future sessions of a class that are not cancelled, by start."""
    query = select(ClassSession).where(
        ClassSession.rule_id == rule_id,
        ClassSession.state == "scheduled",
        ClassSession.starts_at > now,
    )
    return session.scalars(query.order_by(ClassSession.starts_at)).all()


def days_made(session: Session, rule_id: int) -> set[date]:
    """Return the days of a class that have a session, cancelled or not."""
    query = select(ClassSession.rule_day).where(ClassSession.rule_id == rule_id)
    return {day for day in session.scalars(query) if day is not None}


def days_begun(session: Session, rule_id: int, from_day: date, now: datetime) -> Sequence[date]:
    """Return the days of a class, from one on, whose session has begun, or was held earlier."""
    begun = or_(ClassSession.state == "held", ClassSession.starts_at <= now)
    query = select(ClassSession.rule_day).where(ClassSession.rule_id == rule_id, begun)
    return [day for day in session.scalars(query) if day is not None and day >= from_day]


def skipped_days(session: Session, rule_id: int) -> dict[date, str]:
    """Return the days on which a class is not held, each with the reason."""
    query = select(SkippedDay.day, SkippedDay.reason).where(SkippedDay.rule_id == rule_id)
    return {row.day: row.reason for row in session.execute(query)}


def details_of(rule: SessionRule) -> ClassDetails:
    """Return the details of a class."""
    own = ("space_id", "capacity", "instructor_id", "live", "bookable_percent")
    return ClassDetails(**details_in(rule.activity), **{name: getattr(rule, name) for name in own})


def weekly_of(rule: SessionRule) -> Weekly:
    """Return when a class falls."""
    return Weekly(rule.weekdays, rule.starts_at, rule.minutes, rule.first_on, rule.last_on)


def values_of(details: ClassDetails, when: Weekly) -> dict[str, Any]:
    """Return everything that an editor can change, by column."""
    return asdict(details) | asdict(when)


def spans_of(session: Session, when: Weekly, now: datetime) -> list[Window]:
    """Return the times of the sessions that expanding would create now."""
    # The same horizon as `expand_rule`, or the refusal would name other days than those that clash.
    horizon = helsinki_date(now) + timedelta(
        days=policies_queries.current(session, now).expand_days
    )
    return [(start, end) for _, start, end in rules.weekly(when, last=horizon) if start > now]


def days_to_know(
    session: Session, space_id: int | None, when: Weekly, now: datetime
) -> list[ClassDay]:
    """Return the days of a class from today on that are not as usual where it is held."""
    today = helsinki_date(now)
    first, last = max(when.first_on, today), min(when.last_on, today + rules.LONGEST_LOOK)
    days = [
        (day, start, end)
        for day, start, end in rules.weekly(when, first=first, last=last)
        if start > now
    ]
    if not days:
        return []
    campus_id = space_by_id(session, space_id).campus_id if space_id else None
    windows = open_windows(session, campus_id, days[0][1], days[-1][2]) if campus_id else None
    return rules.days_to_know(days, windows, calendar(session, campus_id, first, last, now))


def details_from(
    session: Session, data: dict[str, Any], kept: Mapping[str, str] = MappingProxyType({})
) -> ClassDetails:
    """Return the details of a class from the data of `ClassRequest`; `kept` is what it may
    leave out.

    Raises:
        DomainError: not_found: there is no such space or person.
    """
    space = space_by_public_id(session, data["space"]) if data["space"] else None
    instructor = member_by_public_id(session, data["instructor"]).id if data["instructor"] else None
    texts = {
        f"{field}_{language}": text
        for field in ("name", "description", "bring")
        for language, text in data.get(field, {}).items()
    }
    about = dict(kept) | texts | ({"level": data["level"]} if "level" in data else {})
    return ClassDetails(
        kind=data["kind"],
        category=data["category"],
        space_id=space.id if space else None,
        instructor_id=instructor,
        capacity=data["capacity"] or (space.capacity if space else 0),
        live=data["live"],
        bookable_percent=data["bookable_percent"],
        **about,
    )


def weekly_from(data: dict[str, Any]) -> Weekly:
    """Return when a class is to fall, from the data of `ClassRequest`."""
    return Weekly(
        tuple(sorted(set(data["weekdays"]))),
        data["starts_at"],
        data["minutes"],
        data["first_on"],
        data["last_on"],
    )


def plan_from(session: Session, class_id: uuid.UUID, data: dict[str, Any]) -> ClassPlan:
    """Return a change of a class, from the data of `ClassChangeRequest`.

    Raises:
        DomainError: not_found: there is no such space or person.
    """
    details, when = details_from(session, data, _kept(session, class_id)), weekly_from(data)
    return ClassPlan(details, when, data["version"], data["from_day"], data["reason"])


def _kept(session: Session, class_id: uuid.UUID) -> Mapping[str, str]:
    # Columns, not the row: whoever changes it reads it after its lock.
    columns = [getattr(Activity, name) for name in OPTIONAL]
    query = select(*columns).join(SessionRule, SessionRule.activity_id == Activity.id)
    row = session.execute(query.where(SessionRule.public_id == class_id)).first()
    return row._asdict() if row else {}


def weekly_json(session: Session, rule: SessionRule) -> dict[str, Any]:
    """Return a class as `WeeklySchema` writes it."""
    columns = {
        name: getattr(rule, name) for name in ("kind", "live", "weekdays", "starts_at", "minutes")
    }
    activity = rule.activity
    return columns | {
        "id": rule.public_id,
        "version": rule.version,
        "name": translated(activity),
        "category": activity.category,
        "level": activity.level,
        "description": translated(activity, "description"),
        "bring": translated(activity, "bring"),
        "space": space_by_id(session, rule.space_id).public_id if rule.space_id else None,
        "instructor": member_by_id(session, rule.instructor_id).public_id
        if rule.instructor_id
        else None,
        "first_on": rule.first_on,
        "last_on": rule.last_on,
        "capacity": rule.capacity,
        "bookable_percent": rule.bookable_percent,
    }


def translated(row: Any, field: str = "name") -> dict[str, str]:
    """Return a row's name, or another text of it, in fi, sv and en."""
    return {language: getattr(row, f"{field}_{language}") for language in LANGUAGES}
