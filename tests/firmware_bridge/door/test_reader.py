"""The thread of a reader: what waited too long opens nothing."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.door import reader
from firmware_bridge.door.reader import ReaderThread
from firmware_bridge.events import Event
from firmware_bridge.sim.reader import SimulatedReader
from tests.world.rig import Phone, Stand


class SlowDoor:
    """A door on a pty, whose server takes its time with the keys of strangers."""

    def __init__(self, folder: Path) -> None:
        self.phone, self.stranger = Phone(), Phone()
        self.stand = Stand(folder, self.phone.holder, ask=self.wait)
        self.reader = SimulatedReader(folder / "reader")
        link = SerialLink(str(self.reader.wire.link), 115200, lambda up, why: None)
        self.asked, self.answer = threading.Event(), threading.Event()
        self.events: list[Event] = []
        self.thread = ReaderThread(self.stand.door, link, threading.Event(), self.events.append)
        self.thread.poll()

    def wait(self, kid: bytes | None, holder: int | None, door: str) -> bool:
        self.asked.set()
        self.answer.wait(10)
        return False

    def scan_behind_a_stranger(self, seconds: float) -> None:
        """Scan a good code while the door is busy for so long, and let the door catch up."""
        self.reader.scan(self.stranger.code())
        busy = threading.Thread(target=self.handle_next)
        busy.start()
        assert self.asked.wait(10)
        self.reader.scan(self.stand.code(self.phone))
        time.sleep(0.05)  # until the pty has it
        self.stand.clock.step(seconds)
        self.answer.set()
        busy.join(10)
        self.handle_next()

    def handle_next(self) -> None:
        before = len(self.events)
        while len(self.events) == before:
            self.thread.poll()

    def close(self) -> None:
        self.reader.close()
        self.stand.close()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[SlowDoor]:
    door = SlowDoor(tmp_path)
    yield door
    door.close()


def check_what_waited_too_long_opens_nothing(slow: SlowDoor) -> None:
    slow.scan_behind_a_stranger(2.5)
    assert slow.stand.strikes == []
    assert [event["event"] for event in slow.events] == ["decision", "late"]
    slow.reader.scan(slow.stand.code(slow.phone))
    slow.handle_next()
    assert len(slow.stand.strikes) == 1


def test_what_waited_too_long_opens_nothing_and_the_next_scan_opens(slow: SlowDoor) -> None:
    check_what_waited_too_long_opens_nothing(slow)


@pytest.mark.thorough
@pytest.mark.planted_fault("a scan that never gets too old")
def test_a_door_that_opens_for_nobody_fails_the_check(
    slow: SlowDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "STALE_SECONDS", 60.0)
    with pytest.raises(AssertionError):
        check_what_waited_too_long_opens_nothing(slow)


def test_a_scan_that_waited_for_a_moment_opens(slow: SlowDoor) -> None:
    slow.scan_behind_a_stranger(1.5)
    assert len(slow.stand.strikes) == 1
