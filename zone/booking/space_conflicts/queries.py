"""Read what holds the space that a class needs, and where or when it would fit."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.activities.rules import KINDS
from zone.booking.allocations import rules as allocations_rules
from zone.booking.allocations.models import Allocation, Hold
from zone.booking.sessions.rules import ClassDetails
from zone.booking.weekly_classes.queries import spans_of, translated
from zone.booking.weekly_classes.rules import Weekly
from zone.core.time import Window, from_helsinki, helsinki_date
from zone.places.opening_hours.queries import open_windows
from zone.places.opening_hours.rules import is_open
from zone.places.spaces.queries import SpaceView, space_by_id, spaces

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


def explain_taken(
    session: Session, details: ClassDetails, when: Weekly, now: datetime
) -> dict[str, Any]:
    """Return what holds the space of a class, and what would be free, as members of a refusal."""
    if details.space_id is None:
        return {}
    conflicts = space_conflicts(session, details.space_id, spans_of(session, when, now))
    return conflict_json(conflicts, alternatives(session, details, when, now))


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
