"""How busy each campus is, now and usually, by the people inside."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.access.busyness.models import BusyHour
from zone.access.busyness.rules import (
    KEPT,
    CountedHour,
    Level,
    Room,
    UsualWeek,
    counted_at,
    fits_in,
    level_of,
    usual_levels,
)
from zone.access.occupancy.queries import (
    DoorBridge,
    door_bridges,
    lost_bridges,
    people_by_campus,
)
from zone.core.time import helsinki_date
from zone.places.campuses.queries import campuses
from zone.places.spaces.models import Space, SpacePart


@dataclass(frozen=True, slots=True)
class Busyness:
    """How busy a campus is; no level while one of its bridges is offline, `lost_at` since when."""

    level: Level | None
    lost_at: datetime | None = None


def busyness_by_campus(session: Session, now: datetime) -> dict[int, Busyness]:
    """Return how busy each campus with a door in use is, by its id; takes four statements."""
    inside, room = people_by_campus(session, counted_at(now)), _room(session)
    found: dict[int, Busyness] = {}
    for campus, own in bridges_by_campus(session, now).items():
        if lost := lost_bridges(own, now):
            # What an offline door has let in is unknown: a number without it would be too small.
            known = [one.seen_at for one in lost if one.seen_at is not None]
            found[campus] = Busyness(None, min(known, default=None))
        else:
            found[campus] = Busyness(level_of(inside.get(campus, 0), room.get(campus, 0)))
    return found


def bridges_by_campus(session: Session, now: datetime) -> dict[int, list[DoorBridge]]:
    """Return the bridges of the doors in use, once for each door, by their campus's id."""
    bridges: dict[int, list[DoorBridge]] = defaultdict(list)
    for bridge in door_bridges(session, now):
        bridges[bridge.campus_id].append(bridge)
    return bridges


def usual_weeks(session: Session, now: datetime) -> dict[int, UsualWeek]:
    """Return the usual week of each campus that was counted, by its id; takes two statements."""
    since = helsinki_date(now) - KEPT
    rows = session.execute(
        select(
            BusyHour.campus_id,
            BusyHour.weekday,
            BusyHour.hour,
            func.count(),
            func.sum(BusyHour.people),
            func.max(BusyHour.day),
        )
        .where(BusyHour.day >= since)
        .group_by(BusyHour.campus_id, BusyHour.weekday, BusyHour.hour)
    )
    counted: dict[int, list[CountedHour]] = defaultdict(list)
    until: dict[int, date] = {}
    for campus, *hour, day in rows:
        counted[campus].append(CountedHour(*hour))
        until[campus] = max(until.get(campus, day), day)
    room = _room(session)
    return {
        campus: UsualWeek(usual_levels(hours, room.get(campus, 0)), until[campus])
        for campus, hours in counted.items()
    }


def campuses_now(session: Session, now: datetime) -> Sequence[dict[str, Any]]:
    """Return how busy each campus with a door in use is, now and usually, as the API says it."""
    current, usual = busyness_by_campus(session, now), usual_weeks(session, now)
    return [
        {
            "campus": campus.code,
            "level": current[campus.id].level,
            "counted_at": counted_at(now),
            "lost_at": current[campus.id].lost_at,
            "usual": [
                {"weekday": weekday, "hour": hour, "level": level}
                for (weekday, hour), level in sorted(week.levels.items())
            ],
            "usual_until": week.until,
        }
        for campus in campuses(session)
        if campus.id in current
        for week in [usual.get(campus.id, UsualWeek())]
    ]


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
