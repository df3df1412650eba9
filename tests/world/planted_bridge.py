"""The bridge with other times and a planted fault.

`python -m tests.world.planted_bridge door.schedules.EVERY_SECONDS=0.5,FAULT --config …`

Each fault replaces one named function, so that a test can show that its check finds the fault. A
time is a constant of a module that a test need not wait out as a site does.
"""

import importlib
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from firmware_bridge import cli, daemon, events
from firmware_bridge.clock import Clock
from firmware_bridge.door import machine, runner
from firmware_bridge.door.answer import Answer
from firmware_bridge.door.door import Door
from firmware_bridge.door.runner import carry_out
from firmware_bridge.store import database, journal
from firmware_bridge.wire.messages.entries import Entry


def strike_before_store(door_runner: runner.Runner, command: machine.Command | None) -> Any:
    """Strike first, then store the entry."""
    if isinstance(command, machine.Store) and command.entry.granted:
        door_runner.strike(command.entry.uuid)
        time.sleep(0.03)  # or a kill would have to hit the few milliseconds of a commit
    return carry_out(door_runner, command)


def open_unsynced(path: Path, *, synchronous: str) -> sqlite3.Connection:
    return database.open_database(path, synchronous="OFF")


def open_partly_synced(path: Path, *, synchronous: str) -> sqlite3.Connection:
    return database.open_database(path, synchronous="NORMAL")


def raise_at_scan(door: Door, line: bytes) -> Answer:
    raise ZeroDivisionError("a planted fault")


def keep_priority(bridge: daemon.Bridge, thread: str) -> None:
    """Leave the threads of doors and boards at normal priority."""


def leave_boards(
    bridge: daemon.Bridge, thread: str, first: Any = daemon.Bridge._raise_priority
) -> None:
    """Raise the priority of the doors' threads alone."""
    if thread.startswith("door"):
        first(bridge, thread)


def refuse_priority(*args: object) -> None:
    """Refuse real-time priority, as for a service without LimitRTPRIO."""
    raise PermissionError("not permitted")


def append_without_answer(
    broken_journal: journal.Journal, entry: Entry, area: str, **how: bool
) -> int:
    return broken_journal.append(entry, area, **how)


def write_at_once(sink: events.LineSink, line: str) -> None:
    sink._write(line)


def keep_own_numbers(broken_journal: journal.Journal, seq: int, head: bytes | None) -> bool:
    return False


PLANTS = {
    "own_numbers": (journal.Journal, "resume", keep_own_numbers),
    "commands_not_recorded": (journal.Journal, "answer_command", append_without_answer),
    "equal_threads": (daemon.Bridge, "_raise_priority", keep_priority),
    "equal_boards": (daemon.Bridge, "_raise_priority", leave_boards),
    "no_priority": (os, "sched_setscheduler", refuse_priority),
    "system_clock": (Clock, "now", Clock.system),
    "door_dies": (Door, "handle_scan", raise_at_scan),
    "strike_before_store": (runner, "carry_out", strike_before_store),
    "report_waits": (events.LineSink, "put", write_at_once),
    "synchronous_off": (journal, "open_database", open_unsynced),
    "synchronous_normal": (journal, "open_database", open_partly_synced),
}


def set_time(name: str, value: str) -> None:
    """Set the constant of a module, named below `firmware_bridge`, to that many seconds or ms."""
    module, _, constant = name.rpartition(".")
    owner = importlib.import_module(f"firmware_bridge.{module}")
    before = getattr(owner, constant)
    setattr(owner, constant, type(before)(float(value)))


def change(what: str) -> None:
    if "=" in what:
        set_time(*what.split("="))
    else:
        owner, name, fault = PLANTS[what]
        setattr(owner, name, fault)


if __name__ == "__main__":
    for part in sys.argv[1].split(","):
        change(part)
    sys.exit(cli.main(sys.argv[2:]))
