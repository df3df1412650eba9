"""The yardstick of a scan: a bare commit of the row that the bridge has just written.

It is measured like with like:

- on the same disk, into a copy of the same journal: a large one has more pages to read and write;
- by a process of its own that has rested: a core and a disk that have just worked are faster, as
  beside the threads of eight simulated boards;
- with the priority of a door's thread: on a busy machine a commit without it takes several times
  as long, and a slow door would pass.

    python -m firmware_bridge.sim.bare_commit FOLDER

For each line on stdin it prints the milliseconds of one commit.
"""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from firmware_bridge.store.database import open_database

REST_SECONDS: Final = 0.02
"""How long nothing happens before a scan, and before a commit."""


@contextmanager
def bare_commits(folder: Path) -> Iterator[Callable[[], float]]:
    """A function that commits the newest row of the bridge in `folder`, and returns the
    milliseconds.
    """
    command = [sys.executable, "-m", "firmware_bridge.sim.bare_commit", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        asks, answers = process.stdin, process.stdout
        if asks is None or answers is None:  # of pipes both are set
            raise RuntimeError("no pipes")
        answers.readline()  # the copy is made

        def time_commit() -> float:
            print(file=asks, flush=True)
            return float(answers.readline())

        yield time_commit


def _copied(folder: Path) -> sqlite3.Connection:
    """A copy of the journal in a file of its own, opened with the settings of the journal."""
    (folder / "bare").mkdir()
    copy = folder / "bare" / "journal.sqlite"
    with closing(_opened(folder)) as journal, closing(sqlite3.connect(copy)) as bare:
        journal.backup(bare)
    return open_database(copy, synchronous="FULL")


def _opened(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder / 'journal.sqlite'}?mode=ro", uri=True)


def _newest_row(folder: Path) -> tuple[object, ...]:
    with closing(_opened(folder)) as journal:
        return tuple(journal.execute("SELECT * FROM entry ORDER BY seq DESC LIMIT 1").fetchone())


def _time_commit(connection: sqlite3.Connection, row: tuple[object, ...]) -> float:
    begun = time.monotonic_ns()
    connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return (time.monotonic_ns() - begun) / 1e6


def main() -> int:
    """Commit a row for each line on stdin."""
    folder = Path(sys.argv[1])
    with suppress(PermissionError):  # nor has a door's thread the priority then
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    with closing(_copied(folder)) as bare:
        print("ready", flush=True)
        for _ in sys.stdin:
            row = _newest_row(folder)
            time.sleep(REST_SECONDS)
            print(_time_commit(bare, row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
