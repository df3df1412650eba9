"""Doors as staff see them, with their state and last entry, and doors by public id."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import is_online
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.core.errors import NOT_FOUND, DomainError, require_first
from zone.places.campuses.models import Campus


@dataclass(frozen=True, slots=True)
class LastEntry:
    """The newest entry of a door; `leaving`: somebody was on the way out."""

    kind: str
    occurred_at: datetime
    granted: bool
    reason: str | None
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class DoorView:
    """A door as staff see it. A change of it must send back `version`."""

    id: uuid.UUID
    name: str
    area: uuid.UUID
    area_name: str
    campus: str
    bridge: uuid.UUID | None
    bridge_name: str | None
    online: bool
    state: str
    strike_ms: int
    direction: str
    held_warning_seconds: int
    held_alarm_seconds: int
    version: int
    last_entry: LastEntry | None


@dataclass(frozen=True, slots=True)
class DoorChoice:
    """A door that the desk may choose, by its campus and area."""

    id: uuid.UUID
    campus: str
    area: str
    name: str


def doors(
    session: Session, now: datetime, condition: ColumnElement[bool] | None = None
) -> list[DoorView]:
    """Return the doors that meet the condition (all where there is none), with their last entry.

    They come in the order of campus, area and name.
    """
    # One index lookup per door (`ix_entry_door_id_occurred_at`), however many entries it has.
    newest = (
        select(Entry.id)
        .where(Entry.door_id == Door.id)
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
    )
    rows = session.execute(
        select(Door, Area, Campus.code, Bridge, Entry)
        .join(Area, Area.id == Door.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .outerjoin(Bridge, Bridge.id == Door.bridge_id)
        .outerjoin(Entry, Entry.id == newest.limit(1).correlate(Door).scalar_subquery())
        .where(true() if condition is None else condition)
        .order_by(Campus.code, Area.name, Door.name)
    )
    return [
        _door_view(door, area, campus, bridge, entry, now)
        for door, area, campus, bridge, entry in rows
    ]


def door(session: Session, public_id: uuid.UUID, now: datetime) -> DoorView:
    """Return one door as staff see it.

    Raises:
        DomainError: not_found.
    """
    return require_first(doors(session, now, Door.public_id == public_id))


def door_by_public_id(session: Session, public_id: uuid.UUID) -> Door:
    """Return one door's row.

    Raises:
        DomainError: not_found.
    """
    door = session.scalar(select(Door).where(Door.public_id == public_id))
    if door is None:
        raise DomainError(NOT_FOUND)
    return door


def check_door(session: Session, bridge_id: int, door: uuid.UUID) -> None:
    """Make sure that a bridge drives this door.

    Raises:
        DomainError: not_found.
    """
    own_door = select(Door.id).where(Door.public_id == door, Door.bridge_id == bridge_id)
    if session.scalar(own_door) is None:
        raise DomainError(NOT_FOUND)


def doors_to_choose(session: Session) -> list[DoorChoice]:
    """Return every door, by campus, area and name."""
    query = select(Door.public_id, Campus.name, Area.name, Door.name)
    joined = query.join(Area, Area.id == Door.area_id).join(Campus, Campus.id == Area.campus_id)
    return [
        DoorChoice(*row)
        for row in session.execute(joined.order_by(Campus.name, Area.name, Door.name))
    ]


def areas_and_bridges(session: Session) -> tuple[dict[str, str], dict[str, str]]:
    """Return the names of the areas and of the bridges that are not revoked, by their ids.

    An area's name begins with that of its campus.
    """
    areas = session.execute(
        select(Area.public_id, Campus.name, Area.name)
        .join(Campus, Campus.id == Area.campus_id)
        .order_by(Campus.name, Area.name)
    )
    bridges = session.execute(
        select(Bridge.public_id, Bridge.name)
        .where(Bridge.revoked_at.is_(None))
        .order_by(Bridge.name)
    )
    return (
        {str(area): f"{campus}: {name}" for area, campus, name in areas},
        {str(bridge): name for bridge, name in bridges},
    )


def _door_view(
    door: Door, area: Area, campus: str, bridge: Bridge | None, entry: Entry | None, now: datetime
) -> DoorView:
    return DoorView(
        door.public_id,
        door.name,
        area.public_id,
        area.name,
        campus,
        bridge.public_id if bridge else None,
        bridge.name if bridge else None,
        bridge is not None and is_online(bridge.seen_at, now),
        door.state,
        door.strike_ms,
        door.direction,
        door.held_warning_seconds,
        door.held_alarm_seconds,
        door.version,
        _last_entry(entry),
    )


def _last_entry(entry: Entry | None) -> LastEntry | None:
    if entry is None:
        return None
    # A strike in vain let nobody in, and neither did what nothing proves.
    let_in = entry.granted and entry.undone_by is None and entry.proven is not False
    return LastEntry(entry.kind, entry.occurred_at, let_in, entry.reason, entry.leaving)
