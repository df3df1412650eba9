"""Count the people whom the doors of each campus have let in."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import is_online
from zone.access.busyness.rules import Level, Room, counted_window, fits_in, level_of
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.visits.models import Visit
from zone.access.visits.queries import known_visits
from zone.places.spaces.models import Space, SpacePart

IN_USE: Final = timedelta(days=30)
"""A door without an entry for so long is not in use: it longer says nothing than `quiet`."""


@dataclass(frozen=True, slots=True)
class Busyness:
    """How busy a campus is; no level while one of its bridges is offline, `lost_at` since when."""

    level: Level | None
    lost_at: datetime | None = None


def busyness_by_campus(session: Session, now: datetime) -> dict[int, Busyness]:
    """Return how busy each campus with a door in use is, by its id; takes three statements."""
    admitted, room = _admitted(session, now), _room(session)
    found: dict[int, Busyness] = {}
    for campus, bridges in _bridges(session, now).items():
        lost = [seen_at for seen_at in bridges if not is_online(seen_at, now)]
        if lost:
            # What an offline door has let in is unknown: a number without it would be too small.
            known = [seen_at for seen_at in lost if seen_at is not None]
            found[campus] = Busyness(None, min(known, default=None))
        else:
            found[campus] = Busyness(level_of(admitted.get(campus, 0), room.get(campus, 0)))
    return found


def _admitted(session: Session, now: datetime) -> dict[int, int]:
    """Return how many people came in through the doors of each campus, each counted once."""
    rows = session.execute(
        select(Area.campus_id, func.count(Visit.member_id.distinct()))
        .join(Area, Area.id == Visit.area_id)
        .where(*known_visits(counted_window(now), now), Visit.source == "door")
        .group_by(Area.campus_id)
    )
    return dict(rows.all())


def _room(session: Session) -> dict[int, int]:
    parts: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    for campus, space, capacity, part in session.execute(
        select(Space.campus_id, Space.id, Space.capacity, SpacePart.part_id).join(
            SpacePart, SpacePart.space_id == Space.id
        )
    ):
        parts[campus, space, capacity].add(part)
    spaces: dict[int, list[Room]] = defaultdict(list)
    for (campus, _, capacity), own in parts.items():
        spaces[campus].append((capacity, frozenset(own)))
    return {campus: fits_in(own) for campus, own in spaces.items()}


def _bridges(session: Session, now: datetime) -> dict[int, list[datetime | None]]:
    """Return when the bridges of the doors in use were last seen, by campus.

    A bridge that never signed on has no connection that could be lost.
    """
    used = exists().where(Entry.door_id == Door.id, Entry.occurred_at > now - IN_USE)
    seen: dict[int, list[datetime | None]] = {}
    for campus, enrolled_at, seen_at in session.execute(
        select(Area.campus_id, Bridge.enrolled_at, Bridge.seen_at)
        .join(Door, Door.area_id == Area.id)
        .join(Bridge, Bridge.id == Door.bridge_id)
        .where(used)
    ):
        bridges = seen.setdefault(campus, [])
        if enrolled_at is not None:
            bridges.append(seen_at)
    return seen
