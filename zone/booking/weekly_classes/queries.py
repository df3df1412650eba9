"""Read weekly classes, what holds the space that one needs, and where or when it would fit."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.activities.models import Activity
from zone.booking.activities.rules import KINDS, details_in
from zone.booking.allocations import rules as allocations_rules
from zone.booking.allocations.models import Allocation, Hold
from zone.booking.policies import queries as policies_queries
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.weekly_classes import rules
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.rules import ClassDay, ClassPlan, Weekly
from zone.core.i18n import LANGUAGES
from zone.core.time import Window, from_helsinki, helsinki_date
from zone.members.people.queries import member_by_id, member_by_public_id
from zone.places.calendar.queries import calendar
from zone.places.opening_hours.queries import open_windows
from zone.places.opening_hours.rules import is_open
from zone.places.spaces.queries import SpaceView, space_by_id, space_by_public_id, spaces

OPTIONAL: Final = (
    "level",
    *("description_fi", "description_sv", "description_en", "bring_fi", "bring_sv", "bring_en"),
)
"""What a request may leave out."""
ALTERNATIVES: Final = 3
"""How many alternatives a refusal names at most."""

STEP_MINUTES: Final = 30
FARTHEST_MINUTES: Final = 240
"""Other starts are looked for in steps of half an hour, up to four hours earlier or later."""

DAY_MINUTES: Final = 24 * 60

Busy = set[tuple[int, int]]
"""(part, slice) pairs that are held."""


@dataclass(frozen=True, slots=True)
class SpaceConflict:
    """A time at which the space is held, and by what; a reservation has no name."""

    day: date
    starts_at: datetime
    ends_at: datetime
    name: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """A space and a start (Helsinki wall clock) at which every day is free."""

    space: uuid.UUID
    name: dict[str, str]
    starts_at: time


def classes(session: Session, today: date) -> list[SessionRule]:
    """Return the weekly classes that still fall on some day, in the order of the week."""
    query = (
        select(SessionRule)
        .where(SessionRule.last_on >= today)
        .order_by(SessionRule.weekday, SessionRule.starts_at)
    )
    return [rule for rule in session.scalars(query) if _has_days(rule)]


def classes_between(session: Session, first: date, last: date) -> list[SessionRule]:
    """Return the weekly classes that fall on some day between two days, in the order of the week.

    Both days are included.
    """
    query = (
        select(SessionRule)
        .where(SessionRule.first_on <= last, SessionRule.last_on >= first)
        .order_by(SessionRule.weekday, SessionRule.starts_at, SessionRule.id)
    )
    return [
        rule
        for rule in session.scalars(query)
        if any(
            rules.weekly(
                rule.weekday,
                rule.starts_at,
                rule.minutes,
                max(first, rule.first_on),
                min(last, rule.last_on),
            )
        )
    ]


def _has_days(rule: SessionRule) -> bool:
    when = weekly_of(rule)
    return any(
        rules.weekly(when.weekday, when.starts_at, when.minutes, when.first_on, when.last_on)
    )


def future_sessions(session: Session, rule_id: int, now: datetime) -> Sequence[ClassSession]:
    """Return the future sessions of a class that are not cancelled, by start."""
    query = select(ClassSession).where(
        ClassSession.rule_id == rule_id,
        ClassSession.state == "scheduled",
        ClassSession.starts_at > now,
    )
    return session.scalars(query.order_by(ClassSession.starts_at)).all()


def details_of(rule: SessionRule) -> ClassDetails:
    """Return the details of a class."""
    own = ("space_id", "capacity", "instructor_id", "live", "bookable_percent")
    return ClassDetails(**details_in(rule.activity), **{name: getattr(rule, name) for name in own})


def weekly_of(rule: SessionRule) -> Weekly:
    """Return when a class falls."""
    return Weekly(rule.weekday, rule.starts_at, rule.minutes, rule.first_on, rule.last_on)


def values_of(details: ClassDetails, when: Weekly) -> dict[str, Any]:
    """Return everything that an editor can change, by column."""
    return asdict(details) | asdict(when)


def spans_of(session: Session, when: Weekly, now: datetime) -> list[Window]:
    """Return the times of the sessions that expanding would create now."""
    # The same horizon as `expand_rule`, or the refusal would name other days than those that clash.
    horizon = helsinki_date(now) + timedelta(
        days=policies_queries.current(session, now).expand_days
    )
    days = rules.weekly(
        when.weekday, when.starts_at, when.minutes, when.first_on, min(when.last_on, horizon)
    )
    return [(start, end) for _, start, end in days if start > now]


def days_to_know(
    session: Session, space_id: int | None, when: Weekly, now: datetime
) -> list[ClassDay]:
    """Return the days of a class from today on that are not as usual where it is held."""
    today = helsinki_date(now)
    first, last = max(when.first_on, today), min(when.last_on, today + rules.LONGEST_LOOK)
    days = [
        (day, start, end)
        for day, start, end in rules.weekly(when.weekday, when.starts_at, when.minutes, first, last)
        if start > now
    ]
    if not days:
        return []
    campus_id = space_by_id(session, space_id).campus_id if space_id else None
    windows = open_windows(session, campus_id, days[0][1], days[-1][2]) if campus_id else None
    return rules.days_to_know(days, windows, calendar(session, campus_id, first, last, now))


def space_conflicts(
    session: Session, space_id: int, spans: Iterable[Window]
) -> list[SpaceConflict]:
    """Return what holds a part of the space during these spans, by start."""
    parts = space_by_id(session, space_id).parts
    conflicts: dict[int, SpaceConflict] = {}
    for start, end in spans:
        within = allocations_rules.slices(start, end)
        rows = session.scalars(
            select(Allocation)
            .join(Hold, Hold.allocation_id == Allocation.id)
            .where(Hold.part_id.in_(parts), Hold.slice >= within.start, Hold.slice < within.stop)
            .distinct()
        )
        conflicts |= {row.id: _conflict(row) for row in rows}
    return sorted(conflicts.values(), key=lambda item: item.starts_at)


def _conflict(row: Allocation) -> SpaceConflict:
    name = None if KINDS[row.kind].is_personal else translated(row)
    return SpaceConflict(helsinki_date(row.starts_at), row.starts_at, row.ends_at, name)


def alternatives(
    session: Session, details: ClassDetails, when: Weekly, now: datetime
) -> list[Alternative]:
    """Return where a class would fit: another space, then other times, the nearest first."""
    if details.space_id is None:
        return []
    class_space = space_by_id(session, details.space_id)
    # Only where everybody finds a place: no alternative with a smaller capacity.
    other_spaces = [
        space
        for space in spaces(session, campus_id=class_space.campus_id)
        if space.capacity >= details.capacity and space.id != class_space.id
    ]
    spans = spans_of(session, when, now)
    busy = _busy(session, [class_space, *other_spaces], spans)
    return list(
        islice(_fitting(session, class_space, other_spaces, when, spans, busy), ALTERNATIVES)
    )


def _fitting(
    session: Session,
    class_space: SpaceView,
    other_spaces: Sequence[SpaceView],
    when: Weekly,
    spans: list[Window],
    busy: Busy,
) -> Iterator[Alternative]:
    if not spans:
        return
    margin = timedelta(days=1)  # opening hours may run over midnight
    opened = open_windows(
        session, class_space.campus_id, spans[0][0] - margin, spans[-1][1] + margin
    )
    for space in other_spaces:
        if _free(space, spans, busy) and all(is_open(opened, *span) for span in spans):
            yield _alternative(space, when.starts_at)
            break  # one other space is enough: an editor mostly wants to keep the space
    for minutes in _offsets(when):
        at = _moved(when.starts_at, minutes)
        # By the clock, not by the minutes that pass: the class will be held at that clock time.
        moved = [_span_at(start, at, when.minutes) for start, _ in spans]
        if _free(class_space, moved, busy) and all(is_open(opened, *span) for span in moved):
            yield _alternative(class_space, at)


def _span_at(start: datetime, at: time, minutes: int) -> Window:
    moved = from_helsinki(helsinki_date(start), at)
    return moved, moved + timedelta(minutes=minutes)


def _offsets(when: Weekly) -> Iterator[int]:
    """Yield minutes later (or earlier: negative) that stay on the same day, the nearest first."""
    start = when.starts_at.hour * 60 + when.starts_at.minute
    for distance in range(STEP_MINUTES, FARTHEST_MINUTES + STEP_MINUTES, STEP_MINUTES):
        yield from (
            # The same weekday, from 0.00 to 24.00: a class over midnight would be another day's.
            offset
            for offset in (distance, -distance)
            if 0 <= start + offset <= DAY_MINUTES - when.minutes
        )


def _moved(at: time, minutes: int) -> time:
    total = at.hour * 60 + at.minute + minutes
    return time(total // 60, total % 60)


def _free(space: SpaceView, spans: Iterable[Window], busy: Busy) -> bool:
    return not any(
        (part, slice_) in busy
        for span in spans
        for slice_ in allocations_rules.slices(*span)
        for part in space.parts
    )


def _busy(session: Session, candidates: Iterable[SpaceView], spans: Sequence[Window]) -> Busy:
    parts = {part for space in candidates for part in space.parts}
    if not spans:
        return set()
    # One read for all other starts, up to four hours before the first and after the last.
    margin = timedelta(minutes=FARTHEST_MINUTES)
    within = allocations_rules.slices(spans[0][0] - margin, spans[-1][1] + margin)
    query = select(Hold.part_id, Hold.slice).where(
        Hold.part_id.in_(parts), Hold.slice >= within.start, Hold.slice < within.stop
    )
    return {(part, slice_) for part, slice_ in session.execute(query)}


def _alternative(space: SpaceView, at: time) -> Alternative:
    return Alternative(space.public_id, translated(space), at)


def conflict_json(
    conflicts: Iterable[SpaceConflict], free: Iterable[Alternative]
) -> dict[str, Any]:
    """Return both as the members of a refusal."""
    return {
        "taken_by": [
            {
                "day": item.day.isoformat(),
                "starts_at": item.starts_at.isoformat(),
                "ends_at": item.ends_at.isoformat(),
                "name": item.name,
            }
            for item in conflicts
        ],
        "alternatives": [
            {"space": str(item.space), "name": item.name, "starts_at": f"{item.starts_at:%H:%M}"}
            for item in free
        ],
    }


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
        data["weekday"], data["starts_at"], data["minutes"], data["first_on"], data["last_on"]
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
        name: getattr(rule, name) for name in ("kind", "live", "weekday", "starts_at", "minutes")
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
