"""What staff order from afar: a door opened once.

The feed brings an order again and again until the server knows what became of it. The journal remembers each by its
UUID, so that it is carried out once at most, whatever is sent twice and whenever the box restarts.
"""

import uuid
from collections.abc import Iterable, Mapping

from firmware_bridge.door.door import Door
from firmware_bridge.store.journal import AlreadyAnswered, JournalFull
from firmware_bridge.sync.loops import Report
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.reasons import Reason

_SHUT = {"blocked": Reason.DOOR_BLOCKED, "lockdown": Reason.LOCKDOWN}


def execute_commands(
    doors: Mapping[str, Door], rows: Iterable[object], report: Report
) -> list[str]:
    """Answer the orders in a page of the feed; why some were set aside."""
    aside = []
    for raw in rows:
        try:
            order = DoorCommand.from_json(raw)
            door = doors[order.door]
        except MessageError as error:
            aside.append(str(error))
        except KeyError:
            aside.append("order: no door of this box")
        else:
            outcome = execute_command(door, order)
            if outcome is not None:
                report(
                    {"event": "order", "order": order.order, "door": order.door, "outcome": outcome}
                )
    return aside


def execute_command(door: Door, order: DoorCommand) -> str | None:
    """Open once, unless the door is shut to everybody or the order too old; None when that was answered before."""
    reason = _refusal(door, order)
    try:
        if reason is None:
            return commit_then_strike(door, order)
        door.answer_order(_entry(door, order, reason))
    except AlreadyAnswered:
        return None
    except JournalFull:
        return (
            Reason.JOURNAL_FULL.value
        )  # nothing is on disk: it is tried again while it is worth something
    return reason.value


def commit_then_strike(door: Door, order: DoorCommand) -> str:
    """First the entry, fsync included; only then the strike."""
    door.answer_order(_entry(door, order, Reason.GRANTED))
    return "opened" if door.strike_for(order.order) else "relay_fault"


def _refusal(door: Door, order: DoorCommand) -> Reason | None:
    if door.clock.state() == "unset":
        return Reason.CLOCK_UNSET
    if door.clock.now() >= order.expires:
        return Reason.EXPIRED
    return _SHUT.get(door.site.state)


def _entry(door: Door, order: DoorCommand, reason: Reason) -> Entry:
    granted = reason is Reason.GRANTED
    kind = "opened_by_desk" if granted else "order_refused"
    at, clock = max(0, int(door.clock.now() * 1000)), door.clock.state()
    return Entry(
        0,
        str(uuid.uuid4()),
        door.door,
        kind,
        at,
        granted,
        reason=reason,
        clock=clock,
        ref=order.order,
    )
