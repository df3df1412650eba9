"""What stands in the way of a weekly session, by name, and where or when it would fit instead."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking import facts, rules
from zone.booking.models import ClassSession, Hold
from zone.booking.planning import Offer, Weekly
from zone.core.time import Window, helsinki_date
from zone.places.queries import SpaceView, open_windows, space_by_id, spaces
from zone.places.rules import is_open

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
    horizon = helsinki_date(now) + timedelta(days=facts.policy(session.connection()).expand_days)
    falls = rules.weekly(when.weekday, when.starts_at, when.minutes, when.first_on, min(when.last_on, horizon))
    return [(start, end) for _, start, end in falls if start > now]


def taken_by(session: Session, space_id: int, spans: Iterable[Window]) -> list[Taken]:
    """What holds a part of the space in these spans, in order."""
    parts = space_by_id(session, space_id).parts
    found: dict[int, Taken] = {}
    for start, end in spans:
        within = rules.slices(start, end)
        rows = session.scalars(
            select(ClassSession)
            .join(Hold, Hold.session_id == ClassSession.id)
            .where(Hold.part_id.in_(parts), Hold.slice >= within.start, Hold.slice < within.stop)
            .distinct()
        )
        found |= {row.id: _taken(row) for row in rows}
    return sorted(found.values(), key=lambda taken: taken.starts_at)


def _taken(row: ClassSession) -> Taken:
    name = None if row.kind == "own_use" else {"fi": row.name_fi, "sv": row.name_sv, "en": row.name_en}
    return Taken(helsinki_date(row.starts_at), row.starts_at, row.ends_at, name)


def alternatives(session: Session, offer: Offer, when: Weekly, now: datetime) -> list[Alternative]:
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
    session: Session, wanted: SpaceView, others: Sequence[SpaceView], when: Weekly, spans: list[Window], busy: Busy
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
        moved = [(start + timedelta(minutes=minutes), end + timedelta(minutes=minutes)) for start, end in spans]
        if _free(wanted, moved, busy) and all(is_open(opened, *span) for span in moved):
            yield _alternative(wanted, _moved(when.starts_at, minutes))


def _offsets(when: Weekly) -> Iterator[int]:
    """Minutes earlier or later, the nearest first, that stay on the same day."""
    begins = when.starts_at.hour * 60 + when.starts_at.minute
    for distance in range(STEP, FARTHEST + STEP, STEP):
        yield from (by for by in (distance, -distance) if 0 <= begins + by <= DAY_MINUTES - when.minutes)


def _moved(at: time, minutes: int) -> time:
    total = at.hour * 60 + at.minute + minutes
    return time(total // 60, total % 60)


def _free(space: SpaceView, spans: Iterable[Window], busy: Busy) -> bool:
    return not any((part, one) in busy for span in spans for one in rules.slices(*span) for part in space.parts)


def _busy(session: Session, candidates: Iterable[SpaceView], spans: Sequence[Window]) -> Busy:
    parts = {part for space in candidates for part in space.parts}
    if not spans:
        return set()
    margin = timedelta(minutes=FARTHEST)
    within = rules.slices(spans[0][0] - margin, spans[-1][1] + margin)
    held = select(Hold.part_id, Hold.slice).where(
        Hold.part_id.in_(parts), Hold.slice >= within.start, Hold.slice < within.stop
    )
    return {(part, one) for part, one in session.execute(held)}


def _alternative(space: SpaceView, at: time) -> Alternative:
    return Alternative(space.public_id, {"fi": space.name_fi, "sv": space.name_sv, "en": space.name_en}, at)


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
            {"space": str(item.space), "name": item.name, "starts_at": f"{item.starts_at:%H:%M}"} for item in free
        ],
    }
