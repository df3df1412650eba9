"""`zone-bridge status` and `tail`: what the data folder says, while the bridge runs or not.

The stores are opened for reading only, so that a curious root leaves no file that the bridge cannot
open.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from firmware_bridge.store.lock import FolderInUse, only_process_on

FOLLOW_SECONDS: Final = 0.5


class NothingStored(Exception):  # noqa: N818 -- a state of the folder, not a fault of ours
    """The folder holds no journal, or it cannot be read."""


@dataclass(frozen=True, slots=True)
class BoxStatus:
    """What is known of a bridge from its folder. Times are UTC seconds, None where there is none.

    `bridge`: its UUID at the server, None before enrolment. `waiting`: entries that the server does
    not have. `people` and `keys` are those of the roster, `contact_at` when the server last
    answered (exact to a minute), `doors` the name, the state and the UUID of each.
    `revoked`: the server has told the box so.
    """

    running: bool
    bridge: str | None
    entries: int
    waiting: int
    newest_at: float | None
    people: int
    keys: int
    version: int
    contact_at: float | None
    doors: tuple[tuple[str, str, str], ...]
    revoked: bool = False


def read_status(folder: Path) -> BoxStatus:
    """Read the status of the bridge with this data folder.

    Raises:
        NothingStored: see there.
    """
    with _reading(folder / "journal.sqlite") as journal:
        meta = dict(journal.execute("SELECT name, value FROM meta").fetchall())
        count, last, newest = journal.execute(
            "SELECT count(*), max(seq), max(occurred_at) FROM entry"
        ).fetchone()
    people = keys = 0
    roster: dict[str, Any] = {}
    if (folder / "roster.sqlite").exists():
        with _reading(folder / "roster.sqlite") as stored:
            roster = dict(stored.execute("SELECT name, value FROM meta").fetchall())
            people = stored.execute("SELECT count(*) FROM holder").fetchone()[0]
            keys = stored.execute("SELECT count(*) FROM key").fetchone()[0]
    site = json.loads(roster.get("site", '{"doors": []}'))
    settled = int(meta.get("settled", 0))
    return BoxStatus(
        running=_is_running(folder),
        bridge=meta.get("bridge"),
        entries=count,
        waiting=max(0, (last or settled) - settled),
        newest_at=None if newest is None else newest / 1000,
        people=people,
        keys=keys,
        version=int(roster.get("version", 0)),
        contact_at=roster.get("heard_at"),
        doors=tuple((door["name"], door["state"], door["door"]) for door in site["doors"]),
        revoked=bool(roster.get("revoked")),
    )


def kept_entries(folder: Path) -> int:
    """Return how many entries the journal in this folder keeps.

    Raises:
        NothingStored: see there.
    """
    # By its ends: its numbers have no gap, and counting 250,000 rows takes 20 ms of the processor.
    with _reading(folder / "journal.sqlite") as journal:
        oldest, newest = journal.execute("SELECT min(seq), max(seq) FROM entry").fetchone()
    return 0 if oldest is None else newest - oldest + 1


def describe(status: BoxStatus) -> list[str]:
    """The status as lines for a person."""
    waiting, newest = status.waiting, _moment(status.newest_at)
    return [
        f"bridge      {status.bridge or 'not enrolled: run zone-bridge enrol'}",
        f"process     {'running' if status.running else 'NOT RUNNING'}",
        f"server      last heard {_moment(status.contact_at)}",
        *(["            REVOKED: it opens no door. Enrol it anew"] if status.revoked else []),
        f"entries     {status.entries} kept, {waiting} to send, newest {newest}",
        f"roster      version {status.version}: {status.people} people, {status.keys} phones",
        *(f"door        {name}: {state} ({door})" for name, state, door in status.doors),
    ]


def tail(folder: Path, lines: int, *, follow: Callable[[], bool]) -> Iterator[str]:
    """Yield the newest entries as lines, the oldest first, and then new ones while `follow()`.

    Raises:
        NothingStored: see there.
    """
    names = _door_names(folder)
    with _reading(folder / "journal.sqlite") as journal:
        newest = journal.execute(
            "SELECT seq, body FROM entry ORDER BY seq DESC LIMIT ?", (lines,)
        ).fetchall()[::-1]
        last = newest[-1][0] if newest else 0
        yield from (_line(body, names) for _, body in newest)
        while follow():
            for seq, body in journal.execute(
                "SELECT seq, body FROM entry WHERE seq > ? ORDER BY seq", (last,)
            ):
                last = seq
                yield _line(body, names)
            time.sleep(FOLLOW_SECONDS)


def _door_names(folder: Path) -> dict[str, str]:
    """The names of the doors, as far as they tell them apart."""
    try:
        doors = read_status(folder).doors
    except NothingStored:  # of the roster: the entries are there all the same
        return {}
    names = [name for name, _, _ in doors]
    return {door: name for name, _, door in doors if names.count(name) == 1}


def _line(body: str, names: Mapping[str, str]) -> str:
    """An entry in one line. Who it was is a number that only the server knows."""
    row = json.loads(body)
    what = row["reason"] if row["kind"] == "scan" else row["kind"]
    about = [f"holder {row['holder']}"] if row["holder"] is not None else []
    about += [f"of {row['ref']}"] if row["ref"] is not None else []
    door = names.get(row["door"], row["door"])
    return "  ".join([_moment(row["occurred_at"] / 1000), door, what, *about])


def _moment(at: float | None) -> str:
    return "never" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _is_running(folder: Path) -> bool:
    try:
        with only_process_on(folder):
            return False
    except FolderInUse:
        return True


def _reading(path: Path) -> closing[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        connection.execute("SELECT 1 FROM meta LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise NothingStored(f"{path}: {error}") from error
    return closing(connection)
