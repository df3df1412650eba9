"""When doors are open to everybody, as staff see it and as the bridges are told."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.releases.models import DoorRelease, DoorReleaseDay
from zone.access.releases.rules import (
    ReleaseWindow,
    WeeklyRelease,
    release_windows,
    weekdays_of,
)
from zone.core.errors import require_first
from zone.core.time import Window, day_window, helsinki_date
from zone.places.campuses.models import Campus
from zone.places.opening_hours.queries import open_windows
from zone.places.opening_hours.rules import A_DAY, DayHours

SHOWN: Final = timedelta(days=7)
"""How far ahead staff see what comes of the times."""


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A time of the week in which a door is open to everybody."""

    id: uuid.UUID
    weekdays: tuple[int, ...]
    opens: time
    closes: time
    first_person: bool


@dataclass(frozen=True, slots=True)
class ReleaseDayView:
    """A day with another time; both empty: the door is open to nobody."""

    day: date
    opens: time | None
    closes: time | None
    reason: str


@dataclass(frozen=True, slots=True)
class DoorReleases:
    """All that is set for a door. `coming` is what comes of it in the next days.

    `always_open`: the opening hours of the campus do not apply to its area.
    """

    door: uuid.UUID
    door_name: str
    area_name: str
    campus_name: str
    releases: Sequence[ReleaseView]
    days: Sequence[ReleaseDayView]
    coming: Sequence[ReleaseWindow]
    always_open: bool = False


def releases_of_door(session: Session, door_id: uuid.UUID, now: datetime) -> DoorReleases:
    """Return when a door is open to everybody, and the other days to come.

    Raises:
        DomainError: not_found.
    """
    rows = session.execute(
        select(Door, Area, Campus)
        .join(Area, Area.id == Door.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .where(Door.public_id == door_id)
    ).all()
    door, area, campus = require_first(rows)
    today = helsinki_date(now)
    within = (now, day_window(today + SHOWN)[1])
    opened = None if area.always_open else open_windows(session, campus.id, *within)
    week = session.scalars(
        select(DoorRelease)
        .where(DoorRelease.door_id == door.id)
        .order_by(DoorRelease.opens, DoorRelease.id)
    )
    days = session.scalars(
        select(DoorReleaseDay)
        .where(DoorReleaseDay.door_id == door.id, DoorReleaseDay.day >= today)
        .order_by(DoorReleaseDay.day)
    )
    return DoorReleases(
        door.public_id,
        door.name,
        area.name,
        campus.name,
        [
            ReleaseView(
                one.public_id, weekdays_of(one.weekdays), one.opens, one.closes, one.first_person
            )
            for one in week
        ],
        [ReleaseDayView(one.day, one.opens, one.closes, one.reason) for one in days],
        windows_of_doors(session, {door.id: opened}, within)[door.id],
        area.always_open,
    )


def windows_of_doors(
    session: Session, doors: Mapping[int, Sequence[Window] | None], within: Window
) -> dict[int, list[ReleaseWindow]]:
    """Return when each door is open to everybody within [start, end).

    `doors` maps each one to the times at which its campus is open; None: always.
    """
    weeks: dict[int, list[WeeklyRelease]] = {}
    for one in session.scalars(select(DoorRelease).where(DoorRelease.door_id.in_(doors))):
        weekly = WeeklyRelease(weekdays_of(one.weekdays), one.opens, one.closes, one.first_person)
        weeks.setdefault(one.door_id, []).append(weekly)
    days: dict[int, dict[date, DayHours | None]] = {}
    # The times of the day before may end after midnight.
    first, last = helsinki_date(within[0]) - A_DAY, helsinki_date(within[1])
    other = select(DoorReleaseDay).where(
        DoorReleaseDay.door_id.in_(doors), DoorReleaseDay.day.between(first, last)
    )
    for day in session.scalars(other):
        hours = (day.opens, day.closes) if day.opens and day.closes else None
        days.setdefault(day.door_id, {})[day.day] = hours
    return {
        door: release_windows(weeks.get(door, ()), days.get(door, {}), opened, within)
        for door, opened in doors.items()
    }


def released_now(session: Session, now: datetime) -> set[uuid.UUID]:
    """Return the doors that are open to everybody, as far as their bridges have said."""
    # A bridge that starts tells anew; none of these times is longer than a day.
    rows = session.execute(
        select(Door.public_id, Entry.kind)
        .join(Door, Door.id == Entry.door_id)
        .where(
            Entry.kind.in_(("released", "release_ended", "started")),
            Entry.occurred_at >= now - A_DAY,
            Entry.occurred_at <= now,
        )
        .order_by(Entry.occurred_at, Entry.id)
    )
    last: dict[uuid.UUID, str] = {door: kind for door, kind in rows}  # noqa: C416 -- dict() of rows is untyped
    return {door for door, kind in last.items() if kind == "released"}
