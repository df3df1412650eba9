"""Measure a scan: from the code's last byte on the pty to the last byte of the strike frame.

    python -m firmware_bridge.sim.measure --credentials 100000 --scans 300

The bridge runs as at a site, its server is unreachable, and every scan is granted, fsync included.
After each scan a bare commit of the same row is measured on the same disk as the yardstick. Both
come after the same rest, because a disk and a core that have just worked are faster. The door's
thread has real-time priority if this user may set it; the yardstick's never has. One JSON object on
stdout:

    {"credentials": 100000, "door_ms": [...], "commit_ms": [...], "rss_mb": 41.2}
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.clock import Clock
from firmware_bridge.sim.reader import SimulatedReader
from firmware_bridge.sim.relay import Pulse, SimulatedRelay
from firmware_bridge.store.box_settings import Identity
from firmware_bridge.store.database import open_database
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.holders import Holder, Key, Right
from firmware_bridge.wire.messages.site import Area, Door, Site

DOOR: Final = str(uuid.uuid4())
AREA: Final = Area("area", "campus", ("gym",), passback="off")
# The discard port, on which nothing listens.
AWAY: Final = "http://127.0.0.1:9"
# Scans that are not counted, while caches fill.
WARM: Final = 10
REST_SECONDS: Final = 0.02
PAGE: Final = 2000
STRIKE_SECONDS: Final = 5.0


def fill_stores(
    folder: Path, credentials: int, phones: list[ec.EllipticCurvePrivateKey], now: int
) -> None:
    """Write a roster of `credentials` keys, `phones` first, and an identity as after enrolment."""
    points = [codes.compress(phone.public_key()) for phone in phones]
    kids = [codes.compute_kid(phone.public_key()) for phone in phones]
    site = Site((Door(DOOR, "Door", AREA),), {})
    with closing(Roster(folder)) as roster:
        for first in range(0, credentials, PAGE):
            numbers = range(first, min(first + PAGE, credentials))
            rows = tuple(_holder(number, kids, points, now).to_json() for number in numbers)
            more = first + PAGE < credentials
            roster.apply(Changes("e", 1, first == 0, more, rows, site, "d"), now)
    with closing(Journal(folder)) as journal:
        journal.save_identity(
            Identity(str(uuid.uuid4()), Ed25519PrivateKey.generate().private_bytes_raw())
        )


def _holder(number: int, kids: list[bytes], points: list[bytes], now: int) -> Holder:
    known = number < len(kids)
    key = (
        Key(kids[number], points[number]) if known else Key(os.urandom(8), b"\x02" + os.urandom(32))
    )
    return Holder(number + 1, (key,), (Right("gym", (), now - 86400, now + 86400),))


@contextmanager
def running_bridge(folder: Path, *, contact: bool = False) -> Iterator["subprocess.Popen[bytes]"]:
    """The bridge as a process on the two ptys in `folder`, ready. `contact`: its door has one."""
    config = folder / "bridge.toml"
    config.write_text(
        f'data = "{folder}"\nserver = "{AWAY}"\n[[doors]]\ndoor = "{DOOR}"\n'
        f'reader = {{ port = "{folder}/reader" }}\nrelay = {{ port = "{folder}/relay" }}\n'
        + ("contact = { input = 0 }\n" if contact else "")
    )
    events = folder / "events"
    command = [sys.executable, "-m", "firmware_bridge.cli", "--config", str(config), "--events"]
    with (
        events.open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL) as process,
    ):
        try:
            while b'"ready"' not in events.read_bytes():
                if process.poll() is not None:
                    raise RuntimeError("the bridge did not start")
                time.sleep(0.02)
            yield process
        finally:
            process.terminate()
            process.wait(10)


class StrikeTimer:
    """Measures the time from a scan to the relay's pulse; call it with each pulse."""

    def __init__(self) -> None:
        self._received = threading.Event()
        self._at = 0

    def __call__(self, pulse: Pulse) -> None:
        self._at = pulse.at
        self._received.set()

    def time(self, reader: SimulatedReader, code: str) -> float:
        """Scan a code; return the milliseconds from its last byte to the strike frame's.

        Raises:
            TimeoutError: the door did not open.
        """
        self._received.clear()
        begun = reader.scan(code)
        if not self._received.wait(STRIKE_SECONDS):
            raise TimeoutError("the door did not open")
        return (self._at - begun) / 1e6


def open_bare_journal(folder: Path) -> sqlite3.Connection:
    """A second journal file, opened with the settings of the journal."""
    (folder / "bare").mkdir()
    Journal(folder / "bare").close()
    return open_database(folder / "bare" / "journal.sqlite", synchronous="FULL")


def newest_row(folder: Path) -> tuple[object, ...]:
    """The newest row of the bridge's journal."""
    with closing(sqlite3.connect(f"file:{folder / 'journal.sqlite'}?mode=ro", uri=True)) as journal:
        return tuple(journal.execute("SELECT * FROM entry ORDER BY seq DESC LIMIT 1").fetchone())


def time_commit(connection: sqlite3.Connection, row: tuple[object, ...]) -> float:
    """Commit a row; return the milliseconds it took."""
    begun = time.monotonic_ns()
    connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return (time.monotonic_ns() - begun) / 1e6


def measure(credentials: int, scans: int, *, contact: bool = False) -> dict[str, object]:
    """Scan one phone after another on a roster of `credentials` keys; return the figures.

    `contact`: the door has one, which is read ten times a second and stays shut.
    """
    phones = [ec.generate_private_key(ec.SECP256R1()) for _ in range(scans + WARM)]
    with tempfile.TemporaryDirectory(prefix="zone-door-") as name:
        folder = Path(name)
        fill_stores(folder, max(credentials, len(phones)), phones, int(Clock().now()))
        timer = StrikeTimer()
        with (
            closing(SimulatedReader(folder / "reader")) as reader,
            closing(SimulatedRelay(folder / "relay", on_pulse=timer)) as relay,
            running_bridge(folder, contact=contact) as process,
            closing(open_bare_journal(folder)) as bare_journal,
        ):
            relay.closed_inputs.add(0)
            door_ms, commit_ms = [], []
            for phone in phones:
                code = codes.sign_short(phone, int(Clock().now()))
                time.sleep(REST_SECONDS)
                door_ms.append(timer.time(reader, code))
                row = newest_row(folder)
                time.sleep(REST_SECONDS)
                commit_ms.append(time_commit(bare_journal, row))
            rss = _rss_mb(process.pid)
    return {
        "credentials": credentials,
        "door_ms": door_ms[WARM:],
        "commit_ms": commit_ms[WARM:],
        "rss_mb": rss,
    }


def _rss_mb(pid: int) -> float:
    """Resident memory of a process, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def main() -> int:
    """Print the figures for one roster size."""
    parser = argparse.ArgumentParser(
        "python -m firmware_bridge.sim.measure", description="How fast a door is."
    )
    parser.add_argument("--credentials", type=int, default=1000)
    parser.add_argument("--scans", type=int, default=300)
    parser.add_argument("--contact", action="store_true")
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.credentials, arguments.scans, contact=arguments.contact)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
