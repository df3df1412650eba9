"""Bridges as staff see them, with their connection, alarms and quarantined rows.

Each function runs a fixed number of statements, however many bridges there are.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from zone.access.alarms.models import BridgeAlarm
from zone.access.alarms.queries import OPEN_ALARMS
from zone.access.bridges.models import Bridge, DoorPolicy
from zone.access.bridges.rules import SILENCE, is_online
from zone.access.entries.models import Quarantine
from zone.access.roster.models import Feed
from zone.core.errors import NOT_FOUND, DomainError, require_first
from zone.places.campuses.models import Campus


@dataclass(frozen=True, slots=True)
class BridgeView:
    """A bridge as staff see it.

    `state`: waiting (not enrolled), enrolled or revoked. `online`: heard within 5 minutes.
    `online_since` is the start of the present connection, `seen_at` the last sign of life.
    `backlog` counts entries still to upload, `behind` roster changes still to fetch. `alarms`
    counts open alarms, `quarantined` rows that could not be stored. `wire` is the version of the
    messages that it speaks.
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
    wire: int


def was_silent(now: datetime) -> ColumnElement[bool]:
    """Return the condition of a bridge that was heard, but not lately; as `rules.is_online`."""
    return or_(Bridge.seen_at <= now - SILENCE, Bridge.seen_at >= now + SILENCE)


def bridges(
    session: Session, now: datetime, condition: ColumnElement[bool] | None = None
) -> list[BridgeView]:
    """Return the bridges that meet the condition (all where there is none), by name."""
    alarms = (
        select(func.count())
        .where(BridgeAlarm.bridge_id == Bridge.id, OPEN_ALARMS)
        .scalar_subquery()
    )
    quarantined = select(func.count()).where(Quarantine.bridge_id == Bridge.id).scalar_subquery()
    feed_version = select(Feed.version).where(Feed.id == 1).scalar_subquery()
    rows = session.execute(
        select(Bridge, Campus.code, feed_version, alarms, quarantined)
        .join(Campus, Campus.id == Bridge.campus_id)
        .where(true() if condition is None else condition)
        .order_by(Bridge.name)
    )
    return [
        _bridge_view(row, campus, version, open_alarms, rows_aside, now)
        for row, campus, version, open_alarms, rows_aside in rows
    ]


def bridge(session: Session, public_id: uuid.UUID, now: datetime) -> BridgeView:
    """Return one bridge as staff see it.

    Raises:
        DomainError: not_found.
    """
    return require_first(bridges(session, now, Bridge.public_id == public_id))


def bridge_by_public_id(session: Session, public_id: uuid.UUID) -> Bridge:
    """Return one bridge's row.

    Raises:
        DomainError: not_found.
    """
    bridge = session.scalar(select(Bridge).where(Bridge.public_id == public_id))
    if bridge is None:
        raise DomainError(NOT_FOUND)
    return bridge


def wire_of(session: Session, bridge_id: int) -> int:
    """Return the version of the messages that a bridge speaks."""
    return session.scalars(select(Bridge.wire).where(Bridge.id == bridge_id)).one()


def _bridge_view(
    bridge: Bridge,
    campus: str,
    feed_version: int | None,
    alarms: int,
    quarantined: int,
    now: datetime,
) -> BridgeView:
    return BridgeView(
        bridge.public_id,
        bridge.name,
        campus,
        _state(bridge),
        is_online(bridge.seen_at, now) and not bridge.revoked_at,
        bridge.online_since,
        bridge.seen_at,
        bridge.backlog,
        bridge.clock,
        bridge.software,
        bridge.roster_version,
        _changes_behind(bridge.roster_version, feed_version),
        alarms,
        quarantined,
        bridge.wire,
    )


def _state(bridge: Bridge) -> str:
    if bridge.revoked_at is not None:
        return "revoked"
    return "waiting" if bridge.enrolled_at is None else "enrolled"


def _changes_behind(roster_version: int | None, feed_version: int | None) -> int | None:
    if roster_version is None or feed_version is None:
        return None
    # After a restore of the database a bridge may still report a version that the feed lacks.
    return max(0, feed_version - roster_version)


@dataclass(frozen=True, slots=True)
class DoorPolicyView:
    """The last day on which an unproven entry counts (None: no last day), and its version."""

    unproven_until: date | None
    version: int


def door_policy(session: Session) -> DoorPolicyView:
    """Return what holds of all doors."""
    row = session.execute(select(DoorPolicy.unproven_until, DoorPolicy.version)).one_or_none()
    return DoorPolicyView(None, 1) if row is None else DoorPolicyView(*row)
