"""Measure a scan: from the code's last byte on the pty to the last byte of the strike frame.

    python -m firmware_bridge.sim.measure --credentials 100000 --scans 300

The bridge runs as at a site, its server is unreachable, and every scan is granted, fsync included.
After each scan a bare commit of the same row is the yardstick, see `bare_commit`. Both, and what
stands for hardware, have real-time priority if this user may set it. One JSON object on stdout:

    {"credentials": 100000, "door_ms": [...], "commit_ms": [...], "rss_mb": 41.2}

`--entries` fills the journal before, with entries that the server has not got. With `--doors` the
scans go from door to door. `--garbage` scans a second arrive at the second door meanwhile: texts of
no meaning, and codes of unknown keys, in turn; the scans that count are then all at the first.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.clock import Clock
from firmware_bridge.sim.bare_commit import REST_SECONDS, bare_commits
from firmware_bridge.sim.reader import SimulatedReader
from firmware_bridge.sim.relay import Pulse, SimulatedRelay
from firmware_bridge.store.box_settings import Identity
from firmware_bridge.store.database import open_database, transaction
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.entries import GENESIS, Entry, hash_text, to_canonical_json
from firmware_bridge.wire.messages.holders import Holder, Key, Right
from firmware_bridge.wire.messages.site import Area, Door, Site
from firmware_bridge.wire.reasons import Reason

MOST_DOORS: Final = 8
DOORS: Final = tuple(str(uuid.uuid4()) for _ in range(MOST_DOORS))
AREA: Final = Area("area", "campus", ("gym",), passback="off")
# The discard port, on which nothing listens.
AWAY: Final = "http://127.0.0.1:9"
# Scans that are not counted, while caches fill.
WARM: Final = 10
PAGE: Final = 2000
CODE_LENGTH: Final = 117
HOLDERS: Final = 5000
STRIKE_SECONDS: Final = 5.0


def fill_stores(
    folder: Path, credentials: int, phones: list[ec.EllipticCurvePrivateKey], now: int
) -> None:
    """Write a roster of `credentials` keys, `phones` first, and an identity as after enrolment."""
    points = [codes.compress(phone.public_key()) for phone in phones]
    kids = [codes.compute_kid(phone.public_key()) for phone in phones]
    site = Site(tuple(Door(door, "Door", AREA) for door in DOORS), {})
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


def write_entries(folder: Path, entries: Iterable[Entry], area: str) -> None:
    """Write granted entries into an empty journal as the doors write them, in one commit."""
    database = open_database(folder / "journal.sqlite", synchronous="FULL")
    with closing(database), transaction(database):
        head = GENESIS
        for seq, entry in enumerate(entries, 1):
            body = to_canonical_json(entry.to_json() | {"seq": seq})
            head = hash_text(head, body)
            row = (seq, body, head, entry.occurred_at, True, entry.kid, entry.ts, area)
            database.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def a_grant(
    door: str, holder: int, kid: bytes, ts: int, code: str | None, *, seq: int = 0
) -> Entry:
    """Return the entry of somebody who came in by a code of that second."""
    return Entry(
        seq=seq,
        uuid=str(uuid.uuid4()),
        door=door,
        kind="scan",
        occurred_at=ts * 1000,
        granted=True,
        reason=Reason.GRANTED,
        holder=holder,
        kid=kid,
        ts=ts,
        code=code,
    )


def _past_grants(entries: int, now: int) -> Iterator[Entry]:
    """Yield grants of the last days, three seconds apart, by invented codes."""
    code = "Z1" + "0" * CODE_LENGTH
    for number in range(entries):
        at = now - 3 * (entries - number)
        yield a_grant(DOORS[0], 1 + number % HOLDERS, os.urandom(8), at, code)


def _holder(number: int, kids: list[bytes], points: list[bytes], now: int) -> Holder:
    known = number < len(kids)
    key = (
        Key(kids[number], points[number]) if known else Key(os.urandom(8), b"\x02" + os.urandom(32))
    )
    return Holder(number + 1, (key,), (Right("gym", (), now - 86400, now + 86400),))


def write_config(
    folder: Path, doors: Sequence[str], *, server: str = AWAY, contact: bool = False
) -> Path:
    """Write the settings of a bridge on the ptys in `folder`. `contact`: its doors have one."""
    config = folder / "bridge.toml"
    config.write_text(
        f'data = "{folder}"\nserver = "{server}"\n'
        + "".join(
            f'[[doors]]\ndoor = "{door}"\nreader = {{ port = "{folder}/reader{n}" }}\n'
            f'relay = {{ port = "{folder}/relay{n}" }}\n'
            + ("contact = { input = 0 }\n" if contact else "")
            for n, door in enumerate(doors)
        )
    )
    return config


@contextmanager
def running_bridge(config: Path, *events: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The bridge as a process, once it has told of these events, `ready` at least."""
    log = config.parent / "events"
    command = [sys.executable, "-m", "firmware_bridge.cli", "--config", str(config), "--events"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL) as process,
    ):
        try:
            while not all(f'"{event}"' in log.read_text() for event in ("ready", *events)):
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


@contextmanager
def priority_of_hardware() -> Iterator[None]:
    """Give the threads of this process the priority of a door's thread, if this user may set it.

    They stand for scanners and boards, which wait for no processor: beside other load the figure
    would be how long the simulated board waited for one.
    """
    threads = [int(task.name) for task in Path("/proc/self/task").iterdir()]
    _schedule(threads, os.SCHED_RR, 1)
    try:
        yield
    finally:
        _schedule(threads, os.SCHED_OTHER, 0)


def _schedule(threads: Iterable[int], policy: int, priority: int) -> None:
    for thread in threads:
        with suppress(PermissionError, ProcessLookupError):  # ProcessLookupError: it has ended
            os.sched_setscheduler(thread, policy, os.sched_param(priority))


@contextmanager
def garbage(reader: SimulatedReader, a_second: int) -> Iterator[None]:
    """Let so many scans a second arrive at a reader, none of which opens its door."""
    stop = threading.Event()

    def scan_on() -> None:
        unknown = ec.generate_private_key(ec.SECP256R1())
        for number in count():
            if stop.wait(1 / a_second):
                return
            code = codes.sign_short(unknown, int(Clock().now())) if number % 2 else os.urandom(60)
            reader.scan(code if isinstance(code, str) else code.hex())

    thread = threading.Thread(target=scan_on, name="garbage", daemon=True)
    if a_second:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if a_second:
            thread.join()


def measure(
    credentials: int,
    scans: int,
    *,
    contact: bool = False,
    doors: int = 1,
    entries: int = 0,
    garbage_rate: int = 0,
) -> dict[str, object]:
    """Scan one phone after another on a roster of `credentials` keys; return the figures.

    `contact`: the doors have one, which is read ten times a second and stays shut.
    """
    phones = [ec.generate_private_key(ec.SECP256R1()) for _ in range(scans + WARM)]
    with tempfile.TemporaryDirectory(prefix="zone-door-") as name:
        folder = Path(name)
        fill_stores(folder, max(credentials, len(phones)), phones, int(Clock().now()))
        write_entries(folder, _past_grants(entries, int(Clock().now())), AREA.area)
        timer = StrikeTimer()
        with ExitStack() as stack:
            readers = [
                stack.enter_context(closing(SimulatedReader(folder / f"reader{n}")))
                for n in range(doors)
            ]
            for n in range(doors):
                relay = SimulatedRelay(folder / f"relay{n}", on_pulse=timer)
                stack.enter_context(closing(relay)).closed_inputs.add(0)
            config = write_config(folder, DOORS[:doors], contact=contact)
            process = stack.enter_context(running_bridge(config))
            time_commit = stack.enter_context(bare_commits(folder))
            # After the other processes have begun, which would inherit it.
            stack.enter_context(priority_of_hardware())
            stack.enter_context(garbage(readers[-1], garbage_rate))
            door_ms, commit_ms = [], []
            for number, phone in enumerate(phones):
                code = codes.sign_short(phone, int(Clock().now()))
                time.sleep(REST_SECONDS)
                reader = readers[0 if garbage_rate else number % doors]
                door_ms.append(timer.time(reader, code))
                commit_ms.append(time_commit())
            rss = rss_mb(process.pid)
    return {
        "credentials": credentials,
        "door_ms": door_ms[WARM:],
        "commit_ms": commit_ms[WARM:],
        "rss_mb": rss,
    }


def rss_mb(pid: int) -> float:
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
    parser.add_argument("--doors", type=int, default=1, choices=range(1, MOST_DOORS + 1))
    parser.add_argument("--entries", type=int, default=0)
    parser.add_argument("--garbage", type=int, default=0, metavar="A_SECOND")
    arguments = parser.parse_args()
    if arguments.garbage and arguments.doors == 1:
        parser.error("--garbage needs a second door")
    figures = measure(
        arguments.credentials,
        arguments.scans,
        contact=arguments.contact,
        doors=arguments.doors,
        entries=arguments.entries,
        garbage_rate=arguments.garbage,
    )
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
