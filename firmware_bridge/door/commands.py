"""Remote door commands: open a door once.

The change feed repeats a command until the server has its answer. The journal stores the answer
under the command's UUID, so a command is executed at most once, also after a restart. A command of
a newer server is refused, and is an alarm until this bridge is updated and so restarted.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping

from firmware_bridge.door.door import Door
from firmware_bridge.door.runner import now_ms
from firmware_bridge.sync.loops import Report
from firmware_bridge.wire.messages.commands import KINDS, DoorCommand
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.reasons import Reason

_REFUSING_STATES = {"blocked": Reason.DOOR_BLOCKED, "lockdown": Reason.LOCKDOWN}


def execute_commands(
    doors: Mapping[str, Door],
    rows: Iterable[object],
    report: Report,
    unknown: Callable[[str], None],
) -> list[str]:
    """Execute the commands in a page of the feed; return an error for each row set aside.

    `unknown` is called with the door of each command that this version cannot read; "" where not
    even the door can be read.
    """
    errors = []
    for raw in rows:
        try:
            command = DoorCommand.from_json(raw)
            door = doors[command.door]
        except MessageError as error:
            errors.append(str(error))
            unknown("")
        except KeyError:
            errors.append("order: no door of this box")
        else:
            if command.kind not in KINDS:
                unknown(command.door)
            outcome = execute_command(door, command)
            if outcome is not None:
                report(
                    {
                        "event": "order",
                        "order": command.order,
                        "door": command.door,
                        "outcome": outcome,
                    }
                )
    return errors


def execute_command(door: Door, command: DoorCommand) -> str | None:
    """Open the door once, or refuse. Returns the outcome; None when it was answered before."""
    reason = _find_refusal(door, command)
    outcome = door.runner.handle(_build_entry(door, command, reason or Reason.GRANTED))
    if outcome.until is not None:
        return "opened"
    if outcome.reason is None:
        return None
    # Of `journal_full` no answer is on disk, so the feed repeats the command until it expires.
    return "relay_fault" if outcome.reason == Reason.DOOR_FAULT else str(outcome.reason)


def _find_refusal(door: Door, command: DoorCommand) -> Reason | None:
    if command.kind not in KINDS:
        return Reason.UNKNOWN_TYPE
    # With a wrong clock an old command could open the door long after the desk sent it.
    if door.clock.state() == "unset":
        return Reason.CLOCK_UNSET
    if door.clock.now() >= command.expires:
        return Reason.EXPIRED
    refused = _REFUSING_STATES.get(door.site.state)
    return refused or (None if door.runner.claim() else Reason.INTERLOCK)


def _build_entry(door: Door, command: DoorCommand, reason: Reason) -> Entry:
    granted = reason is Reason.GRANTED
    return Entry(
        seq=0,
        uuid=str(uuid.uuid4()),
        door=door.door,
        kind="opened_by_desk" if granted else "order_refused",
        occurred_at=now_ms(door.clock),
        granted=granted,
        reason=reason,
        clock=door.clock.state(),
        ref=command.order,
    )
