"""systemd is told while every loop of the bridge runs, and only then."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge import daemon, watchdog
from firmware_bridge.maintenance import Maintenance
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync import channel, loops
from firmware_bridge.watchdog import LoopWatch, notify
from tests.world.rig import Rig, SteppedClock


class Systemd:
    """The socket of systemd, and what was said to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))

    def hears(self, seconds: float = 30.0) -> str:
        """The next word."""
        self._socket.settimeout(seconds)
        return self._socket.recv(100).decode()

    def hears_nothing(self) -> bool:
        self._socket.setblocking(False)
        try:
            self._socket.recv(100)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    # Not below `tmp_path`: the name of a socket has 107 characters at most.
    path = Path("/tmp") / f"zone-{os.getpid()}.sock"  # noqa: S108
    path.unlink(missing_ok=True)
    ear = Systemd(path)
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    yield ear
    ear.close()
    path.unlink()


@pytest.mark.slow
def test_the_bridge_says_when_it_is_ready_that_it_works_and_that_it_stops(
    rig: Rig, systemd: Systemd
) -> None:
    rig.times = {"daemon.MAINTENANCE_SECONDS": 0.1}
    rig.start()
    assert systemd.hears() == "READY=1"
    assert systemd.hears() == "WATCHDOG=1"
    assert rig.stop() == 0
    while (said := systemd.hears()) == "WATCHDOG=1":
        pass
    assert said == "STOPPING=1"


class StoppedClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def check_a_loop_that_hangs_is_not_covered_up(
    systemd: Systemd, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, watch = StoppedClock(), LoopWatch()
    monkeypatch.setattr(watchdog, "monotonic", clock)
    events: list[dict[str, object]] = []
    tell = Maintenance(Journal(folder), SteppedClock(), watch, events.append).tell_watchdog
    for loop in ("upload", "reader"):
        watch.alive(loop)
    tell()
    assert systemd.hears() == "WATCHDOG=1"
    clock.now = watchdog.STALL_SECONDS + 1
    watch.alive("reader")
    for _ in range(3):
        tell()
    assert systemd.hears_nothing()
    assert events == [{"event": "stalled", "loops": ["upload"]}]
    watch.alive("upload")
    tell()
    assert systemd.hears(1) == "WATCHDOG=1"
    assert events[1:] == [{"event": "stalled", "loops": []}], "it is over"


def test_a_loop_that_hangs_is_not_covered_up(
    systemd: Systemd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_loop_that_hangs_is_not_covered_up(systemd, tmp_path, monkeypatch)


@pytest.mark.planted_fault("a watchdog that is told whatever the loops do")
def test_a_watchdog_that_is_always_told_fails_the_check(
    systemd: Systemd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LoopWatch, "stalled", lambda watch: [])
    with pytest.raises(AssertionError):
        check_a_loop_that_hangs_is_not_covered_up(systemd, tmp_path, monkeypatch)


def test_the_slowest_step_of_a_loop_is_no_stall() -> None:
    # Four requests, each of which connects, sends and reads.
    assert watchdog.STALL_SECONDS >= 4 * 3 * daemon.LOOP_TIMEOUT
    # Or three that are cut off just not: a challenge, a sign-on, and what was asked.
    assert watchdog.STALL_SECONDS > 3 * channel.CALL_SECONDS + loops.LONGEST_PAUSE
    unit = Path(daemon.__file__).with_name("zone-bridge.service").read_text(encoding="utf-8")
    seconds = next(line for line in unit.splitlines() if line.startswith("WatchdogSec="))
    assert int(seconds.partition("=")[2]) > watchdog.STALL_SECONDS + daemon.MAINTENANCE_SECONDS


def test_without_systemd_nothing_is_told_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not notify("READY=1")
