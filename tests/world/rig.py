"""A site for tests: two ptys, a server, phones, and the bridge as a process."""

import fcntl
import json
import os
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.cli import main
from firmware_bridge.clock import Clock, monotonic
from firmware_bridge.devices.board_profiles import WAVESHARE, BoardProfile
from firmware_bridge.devices.reader_profiles import GENERIC, ReaderProfile
from firmware_bridge.door.answer import Answer
from firmware_bridge.door.door import Ask, Door
from firmware_bridge.door.runner import StrikeFault
from firmware_bridge.sim.reader import SimulatedReader
from firmware_bridge.sim.relay import Pulse, SimulatedRelay
from firmware_bridge.store.elsewhere import Elsewhere
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.holders import Holder, Key, Right
from firmware_bridge.wire.messages.site import Area, Site
from firmware_bridge.wire.messages.site import Door as DoorSite
from tests.world.peer import Peer, serving

ROOT = Path(__file__).parents[2]
DOOR = "6f0a5a2c-52ce-4c8e-a3b4-0d6f4b8f2b01"
OTHER_DOOR = "6f0a5a2c-52ce-4c8e-a3b4-0d6f4b8f2b02"
GYM = Area("area-gym", "myyrmaki", ("gym",))
ISSUER = Ed25519PrivateKey.generate()
SITE = Site(
    (DoorSite(DOOR, "Gym", GYM), DoorSite(OTHER_DOOR, "Gym, side door", GYM)),
    {1: ISSUER.public_key().public_bytes_raw()},
)
# Seconds until something awaited counts as never happening.
WAIT = 60.0


def now() -> float:
    return Clock().now()


def eventually(
    condition: Callable[[], object], description: str = "", seconds: float = WAIT
) -> None:
    """Poll until `condition` holds."""
    until = monotonic() + seconds
    while not condition():
        assert monotonic() < until, f"never happened: {description or condition}"
        time.sleep(0.01)


class Phone:
    """A phone with its own key, and its holder."""

    _next = 1000

    def __init__(self, *rights: Right) -> None:
        Phone._next += 1
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.point = codes.compress(self.key.public_key())
        self.kid = codes.compute_kid(self.key.public_key())
        gym_right = Right("gym", (), int(now()) - 86400, int(now()) + 86400)
        self.holder = Holder(Phone._next, (Key(self.kid, self.point),), rights or (gym_right,))

    def code(self, ahead: int = 0, flags: int = 0) -> str:
        """The short code, made `ahead` seconds from now."""
        return codes.sign_short(self.key, int(now()) + ahead, flags)

    def long_code(self, ahead: int = 0, holder: int | None = None) -> str:
        at = int(now())
        cert = codes.issue_certificate(
            ISSUER, 1, holder or self.holder.holder, self.point, nbf=at - 3600, exp=at + 86400
        )
        return codes.sign_long(self.key, cert, at + ahead)

    @property
    def known(self) -> Key:
        """The key as a door's roster returns it."""
        return Key(self.kid, codes.uncompress(self.point))

    @property
    def revoked(self) -> Holder:
        return replace(self.holder, keys=(Key(self.kid, self.point, revoked=True),))


def snapshot(*holders: Holder, version: int = 1, epoch: str = "e", site: Site = SITE) -> Changes:
    return Changes(
        epoch, version, True, False, tuple(holder.to_json() for holder in holders), site, "d"
    )


def reject_commands(orders: Iterable[object]) -> list[str]:
    """Execute the commands of a downloader without doors: there must be none."""
    assert not list(orders)
    return []


class SteppedClock(Clock):
    """A clock that a test sets."""

    def __init__(self, floor: float = 0.0) -> None:
        self.wall, self.mono = now(), 100.0
        super().__init__(floor)

    def system(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.mono

    def step(self, seconds: float) -> None:
        self.wall += seconds
        self.mono += seconds

    def start_anew(self, wall: float) -> None:
        """Start with that time of the system, as after a reboot."""
        self.wall = wall
        self._anchor = None


class Stand:
    """The stores and one door in this process; strikes are recorded."""

    def __init__(
        self, folder: Path, *holders: Holder, ask: Ask = lambda kid, holder, door: False
    ) -> None:
        self.folder, self.clock = folder, SteppedClock()
        self.journal, self.roster = Journal(folder), Roster(folder)
        self.elsewhere = Elsewhere()
        self.strikes: list[int] = []
        self.relay_works = True
        # Whether the board is not set aside.
        self.works = True
        self.ask = ask
        self.door = self.new_door(DOOR)
        self.know(*holders)

    def new_door(self, door: str) -> Door:
        return Door(
            door,
            self.journal,
            self.roster,
            self.clock,
            self.question,
            self,
            elsewhere=self.elsewhere,
        )

    def know(self, *holders: Holder, site: Site = SITE) -> None:
        self.roster.apply(snapshot(*holders, site=site), self.clock.now())

    def question(self, kid: bytes | None, holder: int | None, door: str) -> bool:
        return self.ask(kid, holder, door)

    def strike(self, ms: int) -> None:
        if not self.relay_works:
            raise StrikeFault("no echo")
        self.strikes.append(ms)

    def scan(self, text: str | bytes) -> Answer:
        return self.door.handle_scan(text if isinstance(text, bytes) else text.encode())

    def code(self, phone: Phone) -> str:
        return codes.sign_short(phone.key, int(self.clock.now()))

    def entries(self) -> list[Entry]:
        """All that is on disk, uploaded or not."""
        return read_entries(self.folder)

    def restart(self) -> None:
        self.close()
        self.journal, self.roster = Journal(self.folder), Roster(self.folder)
        self.door = self.new_door(DOOR)

    def close(self) -> None:
        self.journal.close()
        self.roster.close()


class Rig:
    """A site with one door on ptys, and the bridge as a process."""

    def __init__(
        self,
        folder: Path,
        peer: Peer,
        on_pulse: Callable[[Pulse], None] | None = None,
        profile: ReaderProfile = GENERIC,
        board: BoardProfile = WAVESHARE,
    ) -> None:
        self.folder, self.peer = folder, peer
        self.reader = SimulatedReader(folder / "reader", profile=profile)
        self.relay = SimulatedRelay(folder / "relay", board.unit, on_pulse, board)
        self.config = folder / "bridge.toml"
        self.write_config()
        self.process: subprocess.Popen[str] | None = None
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._reading: threading.Thread | None = None
        # Constants of modules that the test need not wait out as a site does, by their names.
        self.times: dict[str, float] = {}
        self.display_reads = threading.Event()
        self.display_reads.set()
        self.log = (folder / "log").open("a")

    def write_config(
        self, poll_seconds: float = 0.1, more: str = "", *, reader: str = "", relay: str = ""
    ) -> None:
        """Write the settings of the bridge.

        `more` are further lines about the door, `reader` and `relay` further settings of these.
        """
        self.config.write_text(
            f'data = "{self.folder}/data"\nserver = "{self.peer.origin}"\n'
            f"poll_seconds = {poll_seconds}\n"
            f'[[doors]]\ndoor = "{DOOR}"\nreader = {{ port = "{self.reader.wire.link}"{reader} }}\n'
            f'relay = {{ port = "{self.relay.wire.link}", baud = 115200{relay} }}\n{more}\n'
        )

    def enrol(self) -> None:
        assert main(["enrol", "--config", str(self.config), "--token", self.peer.invite()]) == 0

    @property
    def program(self) -> list[str]:
        """The command that starts the bridge."""
        return [sys.executable, "-m", "firmware_bridge.cli"]

    @property
    def environment(self) -> dict[str, str] | None:
        return None

    def start(self, *, planted: str = "", through: tuple[str, ...] = ()) -> None:
        """Start the bridge, with a fault of tests.world.planted_bridge or under strace."""
        changed = [*(f"{name}={value}" for name, value in self.times.items()), planted]
        program = (
            [sys.executable, "-m", "tests.world.planted_bridge", ",".join(filter(None, changed))]
            if any(changed)
            else self.program
        )
        command = [*through, *program, "--config", str(self.config), "--events"]
        # A process group of its own, so that strace and the bridge end together.
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self._events = queue.SimpleQueue()
        self._reading = threading.Thread(
            target=self._pump, args=(self.process.stdout, self._events), daemon=True
        )
        self._reading.start()
        self.event("ready")

    def _pump(self, stream: IO[str], events: "queue.SimpleQueue[dict[str, Any]]") -> None:
        for line in stream:
            self.display_reads.wait()
            if line.endswith("\n"):
                events.put(json.loads(line))

    def stop_reading_events(self) -> None:
        """Let the display hang, with a pipe that is full after a few events."""
        assert self.process is not None
        assert self.process.stdout is not None
        fcntl.fcntl(self.process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        self.display_reads.clear()

    def event(
        self, kind: str, *, patience: float | None = None, **expected: object
    ) -> dict[str, Any]:
        """The next event of that kind with those values; others are skipped.

        `patience`: seconds until it counts as never happening.
        """
        until = monotonic() + (WAIT if patience is None else patience)
        while True:
            try:
                event = self._events.get(timeout=max(0.0, until - monotonic()))
            except queue.Empty:
                raise AssertionError(
                    f"no event {kind} {expected}\n{(self.folder / 'log').read_text()}"
                ) from None
            if event["event"] == kind and all(
                event.get(name) == value for name, value in expected.items()
            ):
                return event

    def scan(self, text: str | bytes) -> dict[str, Any]:
        """Scan a code; return the bridge's decision."""
        self.reader.scan(text)
        return self.event("decision")

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Do something in so many seconds, while the test goes on."""
        threading.Timer(seconds, do).start()

    def know(self, *phones: Phone) -> None:
        """Add people on the server and wait until the door has them."""
        before = self.peer._version
        self.peer.put(*(phone.holder for phone in phones))
        while self.event("changes")["version"] < before + len(phones):
            pass

    def kill(self) -> None:
        """Kill the bridge, as in a power cut."""
        self._signal(signal.SIGKILL)
        self._await_end()

    def stop(self) -> int:
        self._signal(signal.SIGTERM)
        return self._await_end()

    def _signal(self, number: int) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def _await_end(self) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        assert self._reading is not None
        status = self.process.wait(WAIT)
        self._reading.join(WAIT)
        self.process.stdout.close()
        self.process = None
        return status

    def journal(self) -> Journal:
        """A second connection to the bridge's journal."""
        return Journal(self.folder / "data")

    def entries(self) -> list[Entry]:
        """Every entry on disk, uploaded or not."""
        return read_entries(self.folder / "data")

    def await_upload(self) -> None:
        """Wait until the server has every entry that is on disk, and no other."""
        eventually(lambda: {entry.uuid for entry in self.entries()} == self._uploaded(), "all sent")

    def _uploaded(self) -> set[str]:
        # Copied first: the server's threads go on adding.
        return {entry["uuid"] for entry in list(self.peer.entries.values())}

    def close(self) -> None:
        self.display_reads.set()
        if self.process is not None:
            self.kill()
        self.relay.close()
        self.reader.close()
        self.log.close()


def read_entries(folder: Path) -> list[Entry]:
    database = sqlite3.connect(folder / "journal.sqlite")
    try:
        rows = database.execute("SELECT body FROM entry ORDER BY seq").fetchall()
    finally:
        database.close()
    return [Entry.from_json(json.loads(row[0])) for row in rows]


@contextmanager
def rigged(
    folder: Path,
    on_pulse: Callable[[Pulse], None] | None = None,
    site: Site = SITE,
    profile: ReaderProfile = GENERIC,
    board: BoardProfile = WAVESHARE,
) -> Iterator[Rig]:
    """A site with its server; the bridge is enrolled and not started."""
    with serving(site) as peer:
        rig = Rig(folder, peer, on_pulse, profile, board)
        try:
            rig.enrol()
            yield rig
        finally:
            rig.close()
