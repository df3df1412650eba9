"""Have a door opened once from the desk, and record the outcome. Never commits.

A command waits for its bridge for 30 seconds. The bridge fetches it with its next request for
changes (about every second), stores it, opens the door, and reports the outcome as an entry. So a
command to an offline bridge opens nothing later on.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.reasons import Reason
from zone.access.door_commands.errors import DOOR_SHUT, DOOR_WITHOUT_BRIDGE
from zone.access.door_commands.models import DoorCommand
from zone.access.door_commands.queries import DoorCommandView, command_view
from zone.access.door_commands.rules import COMMAND_LIFETIME, LONGEST_REASON, OUTCOMES
from zone.access.doors.models import Door
from zone.access.doors.queries import door_by_public_id
from zone.access.doors.rules import SHUT
from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.ids import new_public_id
from zone.core.text import clean_text


def open_once(
    session: Session, door: uuid.UUID, *, actor_id: int, reason: str, now: datetime
) -> DoorCommandView:
    """Have a door opened once, within 30 seconds, and write down who did it and why.

    Raises:
        DomainError: not_found, door_without_bridge, door_shut (blocked or in lockdown).
    """
    found = door_by_public_id(session, door)
    if found.bridge_id is None:
        raise DomainError(DOOR_WITHOUT_BRIDGE)
    if found.state in SHUT:
        raise DomainError(DOOR_SHUT)
    reason = clean_text(reason)[:LONGEST_REASON]
    order = DoorCommand(
        public_id=new_public_id(),
        door_id=found.id,
        kind="open_once",
        ordered_by=actor_id,
        reason=reason,
        created_at=now,
        expires_at=now + COMMAND_LIFETIME,
    )
    session.add(order)
    session.flush()
    facts = {"order": order.public_id, "door": found.name}
    record_action(
        session,
        actor_id=actor_id,
        action="door.open_once",
        object_kind="door",
        object_id=door,
        after=facts,
        reason=reason,
        now=now,
    )
    return command_view(session, order.public_id, now)


def settle(session: Session, bridge_id: int, entries: Iterable[Entry], now: datetime) -> None:
    """Note what a bridge tells of the orders to its own doors."""
    for entry in sorted(entries, key=lambda entry: entry.seq):
        if entry.ref is not None and entry.kind in OUTCOMES:
            outcome = "expired" if entry.reason is Reason.EXPIRED else OUTCOMES[entry.kind]
            own = select(Door.id).where(
                Door.bridge_id == bridge_id, Door.public_id == UUID(entry.door)
            )
            session.execute(
                update(DoorCommand)
                .where(DoorCommand.public_id == UUID(entry.ref), DoorCommand.door_id.in_(own))
                .values(outcome=outcome, settled_at=now)
            )
