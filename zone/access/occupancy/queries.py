"""How many people are inside areas and campuses now, by their doors and the desk.

A person is inside an area from an entry, or a check-in at the desk, until they leave it by a reader
on the way out; where none sees them, for the area's `stay_minutes`. The bridges count alike, from
what their own doors and those of other bridges have seen.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CompoundSelect, Subquery, case, exists, false, func, or_, select, union_all
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import is_online
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.entries.queries import LET_IN
from zone.access.visits.models import Visit
from zone.members.people.models import Member
from zone.places.campuses.models import Campus

IN_USE: Final = timedelta(days=30)
"""A door without an entry for so long is not in use: what it counts says nothing."""


@dataclass(frozen=True, slots=True)
class AreaOccupancy:
    """How many people are inside an area at `counted_at`, and how many may be.

    `people` is None while a bridge of its doors is offline, `lost_at` since when: what such a door
    has let in and out is unknown.
    """

    area: uuid.UUID
    name: str
    campus: str
    people: int | None
    occupancy_limit: int | None
    counted_at: datetime
    lost_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DoorBridge:
    """The bridge of a door in use. It has no connection to lose before it is `enrolled`.

    `always_open`: the campus's hours do not apply to the door's area.
    """

    campus_id: int
    area_id: int
    enrolled: bool
    seen_at: datetime | None
    always_open: bool = False


def areas_now(session: Session, now: datetime) -> list[AreaOccupancy]:
    """Return the areas with a door in use, by campus and name; takes four statements."""
    inside = _inside(session, now)
    by_area = select(inside.c.area_id, func.count()).group_by(inside.c.area_id)
    counted: dict[int, int] = dict(session.execute(by_area).all())
    bridges: dict[int, list[DoorBridge]] = defaultdict(list)
    for bridge in door_bridges(session, now):
        bridges[bridge.area_id].append(bridge)
    rows = session.execute(
        select(Area, Campus.code)
        .join(Campus, Campus.id == Area.campus_id)
        .where(Area.id.in_(bridges))
        .order_by(Campus.code, Area.name)
    )
    return [
        AreaOccupancy(
            area.public_id,
            area.name,
            campus,
            None if (lost := lost_bridges(bridges[area.id], now)) else counted.get(area.id, 0),
            area.occupancy_limit,
            now,
            min((one.seen_at for one in lost if one.seen_at is not None), default=None),
        )
        for area, campus in rows
    ]


def people_by_campus(session: Session, now: datetime) -> dict[int, int]:
    """Return how many people are inside each campus, each counted once, by its id."""
    inside = _inside(session, now)
    rows = session.execute(
        select(Area.campus_id, func.count(inside.c.holder.distinct()))
        .join(inside, inside.c.area_id == Area.id)
        .group_by(Area.campus_id)
    )
    return dict(rows.all())


def holders_inside(session: Session, area_id: int, now: datetime) -> set[int]:
    """Return who is inside an area, by their pseudonyms."""
    inside = _inside(session, now)
    return set(session.scalars(select(inside.c.holder).where(inside.c.area_id == area_id)))


def last_left(session: Session, area_id: int, holder: int) -> datetime | None:
    """Return when a person last left an area by a reader on the way out."""
    return session.scalar(
        select(func.max(Entry.occurred_at)).where(
            Entry.holder == holder, Entry.area_id == area_id, LET_IN, Entry.leaving
        )
    )


def door_bridges(session: Session, now: datetime) -> list[DoorBridge]:
    """Return the bridges of the doors in use, once for each door."""
    used = exists().where(Entry.door_id == Door.id, Entry.occurred_at > now - IN_USE)
    rows = session.execute(
        select(Area.campus_id, Area.id, Bridge.enrolled_at, Bridge.seen_at, Area.always_open)
        .join(Door, Door.area_id == Area.id)
        .join(Bridge, Bridge.id == Door.bridge_id)
        .where(used)
    )
    return [
        DoorBridge(campus, area, enrolled_at is not None, seen_at, always_open)
        for campus, area, enrolled_at, seen_at, always_open in rows
    ]


def lost_bridges(bridges: Iterable[DoorBridge], now: datetime) -> list[DoorBridge]:
    """Return those that are offline."""
    return [one for one in bridges if one.enrolled and not is_online(one.seen_at, now)]


def _inside(session: Session, now: datetime) -> Subquery:
    """Return (area_id, holder) of everybody who is inside an area before `now`."""
    stays: dict[int, list[int]] = defaultdict(list)
    for area_id, minutes in session.execute(select(Area.id, Area.stay_minutes)):
        stays[minutes].append(area_id)
    since = now - timedelta(minutes=max(stays, default=0))
    passages = _passages(since, now).subquery()
    came = func.max(case((~passages.c.leaving, passages.c.at)))
    left = func.max(case((passages.c.leaving, passages.c.at)))
    stayed = [
        passages.c.area_id.in_(areas) & (came > now - timedelta(minutes=minutes))
        for minutes, areas in stays.items()
    ]
    return (
        select(passages.c.area_id, passages.c.holder)
        .group_by(passages.c.area_id, passages.c.holder)
        .having(or_(left.is_(None), came > left), or_(false(), *stayed))
        .subquery("inside")
    )


def _passages(since: datetime, until: datetime) -> CompoundSelect[Any]:
    by_door = select(
        Entry.holder.label("holder"),
        Entry.area_id.label("area_id"),
        Entry.leaving.label("leaving"),
        Entry.occurred_at.label("at"),
    ).where(
        Entry.kind == "scan",
        LET_IN,
        Entry.holder.is_not(None),
        Entry.occurred_at > since,
        Entry.occurred_at < until,
    )
    by_desk = (
        select(Member.holder, Visit.area_id, false(), Visit.occurred_at)
        .join(Member, Member.id == Visit.member_id)
        .where(
            Visit.source == "desk",
            Visit.retracted_at.is_(None),
            Visit.occurred_at > since,
            Visit.occurred_at < until,
        )
    )
    return union_all(by_door, by_desk)
