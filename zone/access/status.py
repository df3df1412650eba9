"""How the doors stand: areas, doors with their last entry, bridges with what they say of themselves, the feed's lag.

Each question is a fixed number of statements, however many doors there are.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from zone.access.alarms import STANDING
from zone.access.bridges import SILENCE
from zone.access.models import Area, AreaSpace, Bridge, BridgeAlarm, Door, Entry, Feed, Quarantine
from zone.core.errors import NOT_FOUND, DomainError
from zone.members.models import RosterMark
from zone.places.models import Campus, Space

View = TypeVar("View")


@dataclass(frozen=True, slots=True)
class BridgeView:
    """A bridge as staff see it.

    `state`: waiting (no box yet), enrolled, revoked. `online`: heard within 5 minutes; `online_since` is when the
    present connection began, `seen_at` its last sign of life. `backlog` counts entries still to send, `behind` changes
    that it has not fetched. `alarms` and `quarantined` count what a person should look at.
    """

    id: uuid.UUID
    name: str
    campus: str
    state: str
    online: bool
    online_since: datetime | None
    seen_at: datetime | None
    backlog: int
    clock: str | None
    software: str | None
    roster_version: int | None
    behind: int | None
    alarms: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class LastEntry:
    """The newest thing that happened at a door."""

    kind: str
    occurred_at: datetime
    granted: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class DoorView:
    """A door as staff see it. `version` is to be sent with a change."""

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
    version: int
    last_entry: LastEntry | None


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area as staff see it. `version` is to be sent with a change."""

    id: uuid.UUID
    name: str
    campus: str
    kinds: list[str]
    spaces: list[uuid.UUID]
    proves_presence: bool
    needs_booking: bool
    sensitive: bool
    always_open: bool
    passback: str
    passback_seconds: int
    version: int


@dataclass(frozen=True, slots=True)
class FeedView:
    """The change feed: its newest version, and how many marks wait for one (no bridge has asked since)."""

    version: int
    waiting: int


def bridges(session: Session, now: datetime, which: ColumnElement[bool] | None = None) -> list[BridgeView]:
    """Every bridge by name; or `which` of them."""
    alarms = select(func.count()).where(BridgeAlarm.bridge_id == Bridge.id, STANDING).scalar_subquery()
    aside = select(func.count()).where(Quarantine.bridge_id == Bridge.id).scalar_subquery()
    newest = select(Feed.version).where(Feed.id == 1).scalar_subquery()
    rows = session.execute(
        select(Bridge, Campus.code, newest, alarms, aside)
        .join(Campus, Campus.id == Bridge.campus_id)
        .where(true() if which is None else which)
        .order_by(Bridge.name)
    )
    return [_bridge(found, campus, version, alarmed, kept, now) for found, campus, version, alarmed, kept in rows]


def _bridge(
    found: Bridge, campus: str, version: int | None, alarmed: int, aside: int, now: datetime
) -> BridgeView:  # fmt: skip
    has = found.roster_version
    behind = None if has is None or version is None else max(0, version - has)
    return BridgeView(
        found.public_id, found.name, campus, _state(found), is_online(found.seen_at, now) and not found.revoked_at,
        found.online_since, found.seen_at, found.backlog, found.clock, found.software, has, behind, alarmed, aside,
    )  # fmt: skip


def _state(bridge: Bridge) -> str:
    if bridge.revoked_at is not None:
        return "revoked"
    return "waiting" if bridge.enrolled_at is None else "enrolled"


def is_online(seen_at: datetime | None, now: datetime) -> bool:
    """Whether a bridge was heard lately enough."""
    return seen_at is not None and now - seen_at < SILENCE


def doors(session: Session, now: datetime, which: ColumnElement[bool] | None = None) -> list[DoorView]:
    """Every door by campus, area and name, with the newest thing that happened there; or `which` of them."""
    newest = select(Entry.id).where(Entry.door_id == Door.id).order_by(Entry.occurred_at.desc(), Entry.id.desc())
    rows = session.execute(
        select(Door, Area, Campus.code, Bridge, Entry)
        .join(Area, Area.id == Door.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .outerjoin(Bridge, Bridge.id == Door.bridge_id)
        .outerjoin(Entry, Entry.id == newest.limit(1).correlate(Door).scalar_subquery())
        .where(true() if which is None else which)
        .order_by(Campus.code, Area.name, Door.name)
    )
    return [_door(door, area, campus, bridge, entry, now) for door, area, campus, bridge, entry in rows]


def _door(
    door: Door, area: Area, campus: str, bridge: Bridge | None, entry: Entry | None, now: datetime
) -> DoorView:  # fmt: skip
    last = None if entry is None else LastEntry(entry.kind, entry.occurred_at, entry.granted, entry.reason)
    return DoorView(
        door.public_id, door.name, area.public_id, area.name, campus, bridge.public_id if bridge else None,
        bridge.name if bridge else None, bridge is not None and is_online(bridge.seen_at, now), door.state,
        door.strike_ms, door.version, last,
    )  # fmt: skip


def door(session: Session, public_id: uuid.UUID, now: datetime) -> DoorView:
    """Raises DomainError not_found."""
    return _only(doors(session, now, Door.public_id == public_id))


def bridge(session: Session, public_id: uuid.UUID, now: datetime) -> BridgeView:
    """Raises DomainError not_found."""
    return _only(bridges(session, now, Bridge.public_id == public_id))


def areas(session: Session, which: ColumnElement[bool] | None = None) -> list[AreaView]:
    """Every area by campus and name; or `which` of them."""
    held = _spaces(session)
    rows = session.execute(
        select(Area, Campus.code)
        .join(Campus, Campus.id == Area.campus_id)
        .where(true() if which is None else which)
        .order_by(Campus.code, Area.name)
    )
    return [
        AreaView(
            found.public_id, found.name, campus, found.kinds, held.get(found.id, []), found.proves_presence,
            found.needs_booking, found.sensitive, found.always_open, found.passback, found.passback_seconds,
            found.version,
        )
        for found, campus in rows
    ]  # fmt: skip


def _spaces(session: Session) -> Mapping[int, list[uuid.UUID]]:
    held: dict[int, list[uuid.UUID]] = defaultdict(list)
    query = select(AreaSpace.area_id, Space.public_id).join(Space, Space.id == AreaSpace.space_id).order_by(Space.id)
    for area_id, space in session.execute(query):
        held[area_id].append(space)
    return held


def area(session: Session, public_id: uuid.UUID) -> AreaView:
    """Raises DomainError not_found."""
    return _only(areas(session, Area.public_id == public_id))


def _only(found: list[View]) -> View:
    if not found:
        raise DomainError(NOT_FOUND)
    return found[0]


def feed(session: Session) -> FeedView:
    """How far the change feed is."""
    waiting = select(func.count()).where(RosterMark.version.is_(None)).scalar_subquery()
    version, marks = session.execute(select(func.max(Feed.version), waiting)).one()
    return FeedView(version or 0, marks)
