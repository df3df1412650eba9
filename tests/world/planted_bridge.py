"""The bridge with one planted fault: `python -m tests.world.planted_bridge FAULT --config …`.

Each fault replaces one named function, so that a test can show that its check finds the fault.
"""

import os
import sqlite3
import sys
from pathlib import Path

from firmware_bridge import cli, events
from firmware_bridge.door import commands, door, runner
from firmware_bridge.door.door import Answer, Door
from firmware_bridge.store import database, journal
from firmware_bridge.wire.decide import Decision
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.token import Token, TokenError


def strike_before_commit(door: Door, decision: Decision, token: Token | TokenError) -> Answer:
    if decision.granted:
        door._strike(door.site.strike_ms)
    decision, entry = door.record(decision, token)
    return Answer(decision, None if entry is None else entry.uuid, decision.granted)


def open_unsynced(path: Path, *, synchronous: str) -> sqlite3.Connection:
    return database.open_database(path, synchronous="OFF")


def open_partly_synced(path: Path, *, synchronous: str) -> sqlite3.Connection:
    return database.open_database(path, synchronous="NORMAL")


def raise_at_scan(door: Door, line: bytes) -> Answer:
    raise ZeroDivisionError("a planted fault")


def keep_priority(door_runner: runner.DoorRunner) -> None:
    """Leave the door's thread at normal priority."""


def refuse_priority(*args: object) -> None:
    """Refuse real-time priority, as for a service without LimitRTPRIO."""
    raise PermissionError("not permitted")


def strike_before_answer(door: Door, command: DoorCommand) -> str:
    struck = door.strike_for(command.order)
    door.answer_command(commands._build_entry(door, command, Reason.GRANTED))
    return "opened" if struck else "relay_fault"


def append_without_answer(broken_journal: journal.Journal, entry: Entry, area: str) -> int:
    return broken_journal.append(entry, area)


def write_at_once(sink: events.LineSink, line: str) -> None:
    sink._write(line)


PLANTS = {
    "command_strikes_first": (commands, "commit_then_strike", strike_before_answer),
    "commands_not_recorded": (journal.Journal, "answer_command", append_without_answer),
    "equal_threads": (runner.DoorRunner, "_raise_priority", keep_priority),
    "no_priority": (os, "sched_setscheduler", refuse_priority),
    "door_dies": (Door, "handle_scan", raise_at_scan),
    "strike_before_commit": (door, "record_then_strike", strike_before_commit),
    "report_waits": (events.LineSink, "put", write_at_once),
    "synchronous_off": (journal, "open_database", open_unsynced),
    "synchronous_normal": (journal, "open_database", open_partly_synced),
}


if __name__ == "__main__":
    owner, name, fault = PLANTS[sys.argv[1]]
    setattr(owner, name, fault)
    sys.exit(cli.main(sys.argv[2:]))
