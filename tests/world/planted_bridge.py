"""The bridge with one fault planted in it: `python -m tests.world.planted_bridge FAULT --config …`.

Each fault replaces one named function or setting, so that a test can show that its check would notice.
"""

import os
import sqlite3
import sys
from pathlib import Path

from firmware_bridge import cli
from firmware_bridge.door import commands, door, runner
from firmware_bridge.door.door import Answer, Door
from firmware_bridge.store import database, journal
from firmware_bridge.wire.decide import Decision
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.token import Token, TokenError


def strike_before_commit(this: Door, decision: Decision, token: Token | TokenError) -> Answer:
    if decision.granted:
        this._strike(this.site.strike_ms)
    decision, entry = this.record(decision, token)
    return Answer(decision, None if entry is None else entry.uuid, decision.granted)


def unsynced(path: Path, *, synchronous: str) -> sqlite3.Connection:
    return database.open_database(path, synchronous="OFF")


def half_synced(path: Path, *, synchronous: str) -> sqlite3.Connection:
    return database.open_database(path, synchronous="NORMAL")


def dying(this: Door, line: bytes) -> Answer:
    raise ZeroDivisionError("a fault that nobody foresaw")


def equal(this: runner.DoorRunner) -> None:
    """A door's thread that takes its turn behind everything else."""


def refused(*asked: object) -> None:
    """A service that may not set priorities."""
    raise PermissionError("not permitted")


def command_strikes_first(this: Door, order: DoorCommand) -> str:
    struck = this.strike_for(order.order)
    this.answer_command(commands._build_entry(this, order, Reason.GRANTED))
    return "opened" if struck else "relay_fault"


def commands_not_recorded(this: journal.Journal, entry: Entry, area: str) -> int:
    return this.append(entry, area)


PLANTS = {
    "command_strikes_first": (commands, "commit_then_strike", command_strikes_first),
    "commands_not_recorded": (journal.Journal, "answer_command", commands_not_recorded),
    "equal_threads": (runner.DoorRunner, "_raise_priority", equal),
    "no_priority": (os, "sched_setscheduler", refused),
    "door_dies": (Door, "handle_scan", dying),
    "strike_before_commit": (door, "record_then_strike", strike_before_commit),
    "synchronous_off": (journal, "open_database", unsynced),
    "synchronous_normal": (journal, "open_database", half_synced),
}


if __name__ == "__main__":
    owner, name, fault = PLANTS[sys.argv[1]]
    setattr(owner, name, fault)
    sys.exit(cli.main(sys.argv[2:]))
