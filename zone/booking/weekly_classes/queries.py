"""Read weekly classes, what stands in the way of one, and where or when it would fit."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.allocations import rules as allocations_rules
from zone.booking.allocations.models import Hold
from zone.booking.policies import queries as policies_queries
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.weekly_classes import rules
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.rules import Weekly
from zone.core import versions
from zone.core.time import Window, helsinki_date
from zone.members.people.queries import member_by_id, member_by_public_id
from zone.places.opening_hours.queries import open_windows
from zone.places.opening_hours.rules import is_open
from zone.places.spaces.queries import SpaceView, space_by_id, space_by_public_id, spaces


def classes(session: Session, today: date) -> list[SessionRule]:
    """The weekly classes that still fall on some day, in the order of the week."""
    query = (
        select(SessionRule)
        .where(SessionRule.last_on >= today)
        .order_by(SessionRule.weekday, SessionRule.starts_at)
    )
    return [rule for rule in session.scalars(query) if _falls(rule)]


def _falls(rule: SessionRule) -> bool:
    when = when_of(rule)
    return any(
        rules.weekly(when.weekday, when.starts_at, when.minutes, when.first_on, when.last_on)
    )


def coming(session: Session, rule_id: int, now: datetime) -> Sequence[ClassSession]:
    """The sessions of a class that are still to come and not cancelled."""
    query = select(ClassSession).where(
        ClassSession.rule_id == rule_id,
        ClassSession.state == "scheduled",
        ClassSession.starts_at > now,
    )
    return session.scalars(query.order_by(ClassSession.starts_at)).all()


def offer_of(rule: SessionRule) -> ClassDetails:
    """What the class is."""
    return ClassDetails(**{item.name: getattr(rule, item.name) for item in fields(ClassDetails)})


def when_of(rule: SessionRule) -> Weekly:
    """When it falls."""
    return Weekly(rule.weekday, rule.starts_at, rule.minutes, rule.first_on, rule.last_on)


def version_of(rule: SessionRule) -> str:
    """The version that an editor saw: any change makes another one."""
    return versions.version_of(values_of(offer_of(rule), when_of(rule)))


def values_of(offer: ClassDetails, when: Weekly) -> dict[str, Any]:
    return asdict(offer) | asdict(when)


MOST: Final = 3
"""Alternatives that are named."""
STEP: Final = 30
FARTHEST: Final = 240
"""Minutes: other starts are looked for in steps of half an hour, up to four hours off."""
DAY_MINUTES: Final = 24 * 60

Busy = set[tuple[int, int]]
"""(part, slice) pairs that are held."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A day on which the space is taken, from when until when, and by what; a person's own booking has no name."""

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


def spans_of(session: Session, when: Weekly, now: datetime) -> list[Window]:
    """The sessions that a weekly rule is expanded into now, as far as the policy reaches."""
    horizon = helsinki_date(now) + timedelta(
        days=policies_queries.policy(session.connection()).expand_days
    )
    falls = rules.weekly(
        when.weekday, when.starts_at, when.minutes, when.first_on, min(when.last_on, horizon)
    )
    return [(start, end) for _, start, end in falls if start > now]


def taken_by(session: Session, space_id: int, spans: Iterable[Window]) -> list[Taken]:
    """What holds a part of the space in these spans, in order."""
    parts = space_by_id(session, space_id).parts
    found: dict[int, Taken] = {}
    for start, end in spans:
        within = allocations_rules.slices(start, end)
        rows = session.scalars(
            select(ClassSession)
            .join(Hold, Hold.session_id == ClassSession.id)
            .where(Hold.part_id.in_(parts), Hold.slice >= within.start, Hold.slice < within.stop)
            .distinct()
        )
        found |= {row.id: _taken(row) for row in rows}
    return sorted(found.values(), key=lambda taken: taken.starts_at)


def _taken(row: ClassSession) -> Taken:
    name = (
        None if row.kind == "own_use" else {"fi": row.name_fi, "sv": row.name_sv, "en": row.name_en}
    )
    return Taken(helsinki_date(row.starts_at), row.starts_at, row.ends_at, name)


def alternatives(
    session: Session, offer: ClassDetails, when: Weekly, now: datetime
) -> list[Alternative]:
    """Where the same could be held: another space at the same time, then other times, the nearest first."""
    if offer.space_id is None:
        return []
    wanted = space_by_id(session, offer.space_id)
    others = [
        space
        for space in spaces(session, campus_id=wanted.campus_id)
        if space.capacity >= offer.capacity and space.id != wanted.id
    ]
    spans = spans_of(session, when, now)
    busy = _busy(session, [wanted, *others], spans)
    return list(islice(_fitting(session, wanted, others, when, spans, busy), MOST))


def _fitting(
    session: Session,
    wanted: SpaceView,
    others: Sequence[SpaceView],
    when: Weekly,
    spans: list[Window],
    busy: Busy,
) -> Iterator[Alternative]:
    if not spans:
        return
    margin = timedelta(days=1)
    opened = open_windows(session, wanted.campus_id, spans[0][0] - margin, spans[-1][1] + margin)
    for space in others:
        if _free(space, spans, busy) and all(is_open(opened, *span) for span in spans):
            yield _alternative(space, when.starts_at)
            break  # one other space, and then other times of the wanted one
    for minutes in _offsets(when):
        moved = [
            (start + timedelta(minutes=minutes), end + timedelta(minutes=minutes))
            for start, end in spans
        ]
        if _free(wanted, moved, busy) and all(is_open(opened, *span) for span in moved):
            yield _alternative(wanted, _moved(when.starts_at, minutes))


def _offsets(when: Weekly) -> Iterator[int]:
    """Minutes earlier or later, the nearest first, that stay on the same day."""
    begins = when.starts_at.hour * 60 + when.starts_at.minute
    for distance in range(STEP, FARTHEST + STEP, STEP):
        yield from (
            by for by in (distance, -distance) if 0 <= begins + by <= DAY_MINUTES - when.minutes
        )


def _moved(at: time, minutes: int) -> time:
    total = at.hour * 60 + at.minute + minutes
    return time(total // 60, total % 60)


def _free(space: SpaceView, spans: Iterable[Window], busy: Busy) -> bool:
    return not any(
        (part, one) in busy
        for span in spans
        for one in allocations_rules.slices(*span)
        for part in space.parts
    )


def _busy(session: Session, candidates: Iterable[SpaceView], spans: Sequence[Window]) -> Busy:
    parts = {part for space in candidates for part in space.parts}
    if not spans:
        return set()
    margin = timedelta(minutes=FARTHEST)
    within = allocations_rules.slices(spans[0][0] - margin, spans[-1][1] + margin)
    held = select(Hold.part_id, Hold.slice).where(
        Hold.part_id.in_(parts), Hold.slice >= within.start, Hold.slice < within.stop
    )
    return {(part, one) for part, one in session.execute(held)}


def _alternative(space: SpaceView, at: time) -> Alternative:
    return Alternative(
        space.public_id, {"fi": space.name_fi, "sv": space.name_sv, "en": space.name_en}, at
    )


def as_json(taken: Iterable[Taken], free: Iterable[Alternative]) -> dict[str, Any]:
    """Both, as a refusal carries them."""
    return {
        "taken_by": [
            {
                "day": item.day.isoformat(),
                "starts_at": item.starts_at.isoformat(),
                "ends_at": item.ends_at.isoformat(),
                "name": item.name,
            }
            for item in taken
        ],
        "alternatives": [
            {"space": str(item.space), "name": item.name, "starts_at": f"{item.starts_at:%H:%M}"}
            for item in free
        ],
    }


def offer_from(session: Session, wish: dict[str, Any]) -> ClassDetails:
    """What a wish for a class asks for.

    Raises:
        DomainError: not_found: there is no such space or person.
    """
    space = space_by_public_id(session, wish["space"]) if wish["space"] else None
    instructor = member_by_public_id(session, wish["instructor"]).id if wish["instructor"] else None
    names = {f"name_{language}": name for language, name in wish["name"].items()}
    return ClassDetails(
        kind=wish["kind"],
        category=wish["category"],
        space_id=space.id if space else None,
        instructor_id=instructor,
        capacity=wish["capacity"] or (space.capacity if space else 0),
        live=wish["live"],
        bookable_percent=wish["bookable_percent"],
        **names,
    )


def weekly_from(wish: dict[str, Any]) -> Weekly:
    """When it asks the class to fall."""
    return Weekly(
        wish["weekday"], wish["starts_at"], wish["minutes"], wish["first_on"], wish["last_on"]
    )


def weekly_json(session: Session, rule: SessionRule) -> dict[str, Any]:
    """A class as WeeklySchema writes it."""
    own = {
        name: getattr(rule, name)
        for name in ("kind", "category", "live", "weekday", "starts_at", "minutes")
    }
    return own | {
        "id": rule.public_id,
        "version": version_of(rule),
        "name": translated(rule),
        "space": space_by_id(session, rule.space_id).public_id if rule.space_id else None,
        "instructor": member_by_id(session, rule.instructor_id).public_id
        if rule.instructor_id
        else None,
        "first_on": rule.first_on,
        "last_on": rule.last_on,
        "capacity": rule.capacity,
        "bookable_percent": rule.bookable_percent,
    }


def translated(row: Any) -> dict[str, str]:
    """A name in fi, sv and en."""
    return {"fi": row.name_fi, "sv": row.name_sv, "en": row.name_en}
