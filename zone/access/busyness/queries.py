"""How busy each campus is, by the people inside."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.busyness.rules import Level, Room, counted_at, fits_in, level_of
from zone.access.occupancy.queries import (
    DoorBridge,
    door_bridges,
    lost_bridges,
    people_by_campus,
)
from zone.places.spaces.models import Space, SpacePart


@dataclass(frozen=True, slots=True)
class Busyness:
    """How busy a campus is; no level while one of its bridges is offline, `lost_at` since when."""

    level: Level | None
    lost_at: datetime | None = None


def busyness_by_campus(session: Session, now: datetime) -> dict[int, Busyness]:
    """Return how busy each campus with a door in use is, by its id; takes four statements."""
    inside, room = people_by_campus(session, counted_at(now)), _room(session)
    bridges: dict[int, list[DoorBridge]] = defaultdict(list)
    for bridge in door_bridges(session, now):
        bridges[bridge.campus_id].append(bridge)
    found: dict[int, Busyness] = {}
    for campus, own in bridges.items():
        if lost := lost_bridges(own, now):
            # What an offline door has let in is unknown: a number without it would be too small.
            known = [one.seen_at for one in lost if one.seen_at is not None]
            found[campus] = Busyness(None, min(known, default=None))
        else:
            found[campus] = Busyness(level_of(inside.get(campus, 0), room.get(campus, 0)))
    return found


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
