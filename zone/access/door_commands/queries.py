"""Commands to doors as staff see them, and those that a bridge has still to carry out."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import commands
from firmware_bridge.wire.version import COMMAND_KINDS, is_known
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import is_online
from zone.access.door_commands.models import DoorCommand
from zone.access.doors.models import Door
from zone.access.doors.queries import door_by_public_id
from zone.core.errors import require_first

MAX_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class DoorCommandView:
    """A command to a door as staff see it.

    `state`: waiting, opened, relay_fault (the relay did not confirm), refused (by the bridge), or
    expired (fetched too late or never, or its outcome has not been uploaded). `online`: whether the
    door's bridge was heard within 5 minutes.
    """

    id: uuid.UUID
    door: uuid.UUID
    state: str
    reason: str
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    online: bool


def command_view(session: Session, command_id: uuid.UUID, now: datetime) -> DoorCommandView:
    """Return a command with its outcome.

    Raises:
        DomainError: not_found.
    """
    return require_first(_commands(session, DoorCommand.public_id == command_id, now))


def commands_of(session: Session, door_id: uuid.UUID, now: datetime) -> list[DoorCommandView]:
    """Return the newest 50 commands to a door, newest first.

    Raises:
        DomainError: not_found.
    """
    return _commands(session, DoorCommand.door_id == door_by_public_id(session, door_id).id, now)


def _commands(
    session: Session, condition: ColumnElement[bool], now: datetime
) -> list[DoorCommandView]:
    rows = session.execute(
        select(DoorCommand, Door.public_id, Bridge.seen_at)
        .join(Door, Door.id == DoorCommand.door_id)
        .outerjoin(Bridge, Bridge.id == Door.bridge_id)
        .where(condition)
        .order_by(DoorCommand.id.desc())
        .limit(MAX_LISTED)
    )
    return [
        DoorCommandView(
            command.public_id,
            door_id,
            _state(command, now),
            command.reason,
            command.created_at,
            command.expires_at,
            command.settled_at,
            is_online(seen_at, now),
        )
        for command, door_id, seen_at in rows
    ]


def _state(command: DoorCommand, now: datetime) -> str:
    # `expired` may change afterwards: a bridge may upload the outcome late.
    return command.outcome or ("waiting" if now < command.expires_at else "expired")


def waiting_commands(
    session: Session, bridge_id: int, wire: int, now: datetime
) -> list[commands.DoorCommand]:
    """Return the commands to a bridge's doors that have neither an outcome nor expired.

    Without those of a kind that is newer than version `wire`, which the bridge speaks: they expire.
    """
    # Sent with each poll until there is an outcome, so a lost answer loses no command; the bridge
    # carries each out once, because it stores those that it has fetched.
    rows = session.execute(
        select(DoorCommand.public_id, Door.public_id, DoorCommand.kind, DoorCommand.expires_at)
        .join(Door, Door.id == DoorCommand.door_id)
        .where(
            Door.bridge_id == bridge_id, DoorCommand.expires_at > now, DoorCommand.outcome.is_(None)
        )
        .order_by(DoorCommand.id)
    )
    return [
        commands.DoorCommand(str(command_id), str(door_id), kind, int(expires_at.timestamp()))
        for command_id, door_id, kind, expires_at in rows
        if is_known(COMMAND_KINDS, kind, wire)
    ]
