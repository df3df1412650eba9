"""Commands as staff see them, and those that wait for a bridge."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import commands
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import SILENCE
from zone.access.door_commands.models import DoorCommand
from zone.access.doors.models import Door
from zone.access.doors.queries import door_by_public_id
from zone.core.errors import NOT_FOUND, DomainError


@dataclass(frozen=True, slots=True)
class DoorCommandView:
    """An order as staff see it.

    `state`: waiting, opened, relay_fault (the strike did not answer), refused (by the bridge), expired (fetched too
    late or not at all, or the bridge has not told yet). `online`: whether its bridge was heard within 5 minutes.
    """

    id: uuid.UUID
    door: uuid.UUID
    state: str
    reason: str
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    online: bool


def command_view(session: Session, order: uuid.UUID, now: datetime) -> DoorCommandView:
    """What came of an order.

    Raises:
        DomainError: not_found.
    """
    found = _commands(session, DoorCommand.public_id == order, now)
    if not found:
        raise DomainError(NOT_FOUND)
    return found[0]


def commands_of(session: Session, door: uuid.UUID, now: datetime) -> list[DoorCommandView]:
    """The newest 50 orders to a door, newest first.

    Raises:
        DomainError: not_found.
    """
    return _commands(session, DoorCommand.door_id == door_by_public_id(session, door).id, now)


def _commands(session: Session, which: Any, now: datetime) -> list[DoorCommandView]:
    query = select(DoorCommand, Door.public_id, Bridge.seen_at).join(
        Door, Door.id == DoorCommand.door_id
    )
    newest = (
        query.outerjoin(Bridge, Bridge.id == Door.bridge_id)
        .where(which)
        .order_by(DoorCommand.id.desc())
        .limit(50)
    )
    return [
        DoorCommandView(
            order.public_id,
            door,
            _state(order, now),
            order.reason,
            order.created_at,
            order.expires_at,
            order.settled_at,
            seen_at is not None and now - seen_at < SILENCE,
        )
        for order, door, seen_at in session.execute(newest)
    ]


def _state(order: DoorCommand, now: datetime) -> str:
    return order.outcome or ("waiting" if now < order.expires_at else "expired")


def waiting_commands(session: Session, bridge_id: int, now: datetime) -> list[commands.DoorCommand]:
    """The orders that a bridge has not told about yet and that are still worth something."""
    rows = session.execute(
        select(DoorCommand.public_id, Door.public_id, DoorCommand.kind, DoorCommand.expires_at)
        .join(Door, Door.id == DoorCommand.door_id)
        .where(
            Door.bridge_id == bridge_id, DoorCommand.expires_at > now, DoorCommand.outcome.is_(None)
        )
        .order_by(DoorCommand.id)
    )
    return [
        commands.DoorCommand(str(order), str(door), kind, int(ends.timestamp()))
        for order, door, kind, ends in rows
    ]
