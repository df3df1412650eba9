"""Have a door opened once from the desk, and record the outcome. Never commits.

1. A member of staff creates a command; it is valid for 30 seconds.
2. The bridge fetches it with its next poll for changes (about one a second) and stores it.
3. The bridge opens the door, and reports the outcome as an entry that refers to the command.

A command to an offline bridge expires before the bridge returns, so it opens nothing later.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.reasons import Reason
from zone.access.areas.queries import campus_of_area
from zone.access.door_commands.errors import DOOR_SHUT, DOOR_WITHOUT_BRIDGE
from zone.access.door_commands.models import DoorCommand
from zone.access.door_commands.queries import DoorCommandView, command_view
from zone.access.door_commands.rules import COMMAND_LIFETIME, LONGEST_REASON, OUTCOMES
from zone.access.doors.models import Door
from zone.access.doors.queries import door_by_public_id
from zone.access.doors.rules import SHUT
from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.text import clean_text


def open_once(
    session: Session, door_id: UUID, *, actor: Actor, reason: str, now: datetime
) -> DoorCommandView:
    """Have a door opened once within 30 seconds; the reason stays in the audit log.

    Raises:
        DomainError: not_found, forbidden, door_without_bridge, door_shut (blocked or in lockdown).
    """
    door = door_by_public_id(session, door_id)
    actor.require(Permission.DOORS_OPEN, campus=campus_of_area(session, door.area_id))
    if door.bridge_id is None:
        raise DomainError(DOOR_WITHOUT_BRIDGE)
    if door.state in SHUT:
        raise DomainError(DOOR_SHUT)
    reason = clean_text(reason)[:LONGEST_REASON]
    command = DoorCommand(
        public_id=new_public_id(),
        door_id=door.id,
        kind="open_once",
        ordered_by=actor.id,
        reason=reason,
        created_at=now,
        expires_at=now + COMMAND_LIFETIME,
    )
    session.add(command)
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="door.open_once",
        object_kind="door",
        object_id=door_id,
        after={"order": command.public_id, "door": door.name},
        reason=reason,
        now=now,
    )
    return command_view(session, command.public_id, now)


def settle(session: Session, bridge_id: int, entries: Iterable[Entry], now: datetime) -> None:
    """Store the outcomes that a bridge reports of the commands to its own doors."""
    # In the order of seqs: of two entries about one command the later one decides (a relay fault
    # is reported after the opening).
    for entry in sorted(entries, key=lambda entry: entry.seq):
        if entry.ref is not None and entry.kind in OUTCOMES:
            outcome = "expired" if entry.reason == Reason.EXPIRED else OUTCOMES[entry.kind]
            # A bridge can settle no command to another bridge's door, whatever `ref` it sends.
            own_door = select(Door.id).where(
                Door.bridge_id == bridge_id, Door.public_id == UUID(entry.door)
            )
            session.execute(
                update(DoorCommand)
                .where(DoorCommand.public_id == UUID(entry.ref), DoorCommand.door_id.in_(own_door))
                .values(outcome=outcome, settled_at=now)
            )
