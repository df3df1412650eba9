"""Let happen at the demo's gym door what was chosen on the page of its switch."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from zone.demo.machine.processes import Process
from zone.operation.demo_door.rules import FILE

LOOKS: Final = 0.5
"""Seconds between two looks at what was chosen."""
ONCE: Final = ("force", "go_out")


@contextmanager
def following(data: Path, door: Process) -> Iterator[None]:
    """Follow the switch, in a thread, until the block ends."""
    stop = Event()
    thread = Thread(target=_follow, args=(data / FILE, door, stop), name="door switch")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _follow(file: Path, door: Process, stop: Event) -> None:
    # By the time of the file: what happens once may be chosen twice.
    told_at = file.stat().st_mtime_ns if file.exists() else 0
    while not stop.wait(LOOKS):
        if file.exists() and (at := file.stat().st_mtime_ns) != told_at:
            told_at = at
            for command in commands_for(file.read_text(encoding="utf-8")):
                door.send(json.dumps(command))


def commands_for(name: str) -> list[dict[str, Any]]:
    """Return the commands of the simulator for what goes on."""
    if name in ONCE:
        return [{"act": name}]
    board = {"relay": "silent" if name == "silent" else "echo"}
    habit = "go_in" if name == "silent" else name
    return [board, {"people": habit}, {"act": "shut"}]
