"""Scanners of every profile on a real pty, with a door: codes, handshake, signals, triggers."""

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import serial

from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.devices.reader_profiles import PROFILES, Parity, ReaderProfile
from firmware_bridge.door import reader
from firmware_bridge.door.reader import ReaderThread
from firmware_bridge.events import Event
from firmware_bridge.sim.misbehaviour import Misbehaviour
from firmware_bridge.sim.reader import SimulatedReader
from tests.world.rig import Phone, Stand, eventually


class ScannedDoor:
    """A door with a scanner of a profile; its thread polls in the background."""

    def __init__(self, folder: Path, scanner: ReaderProfile, bridge: ReaderProfile) -> None:
        self.phone = Phone()
        self.stand = Stand(folder, self.phone.holder)
        self.reader = SimulatedReader(folder / "reader", profile=scanner)
        self.events: list[Event] = []
        self.rounds = 0
        link = SerialLink(
            str(self.reader.wire.link), bridge.baud, lambda up, why: None, bridge.parity
        )
        self._stop = threading.Event()
        self.thread = ReaderThread(
            self.stand.door, link, self._stop, self.events.append, profile=bridge
        )
        self.thread.open()  # what is sent before a port is open is lost
        self._running = threading.Thread(target=self._run)
        self._running.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.thread.poll()
            self.rounds += 1

    def await_rounds(self, number: int) -> None:
        """Wait until the thread has been round so often from now on."""
        until = self.rounds + number
        eventually(lambda: self.rounds >= until)

    def scan(self, code: str | bytes) -> Event:
        """Scan, and return what the door decides."""
        before = len(self.decisions())
        self.reader.scan(code)
        eventually(lambda: len(self.decisions()) > before, f"a decision, not {self.events}")
        return self.decisions()[-1]

    def decisions(self) -> list[Event]:
        return [event for event in self.events if event["event"] == "decision"]

    def close(self) -> None:
        self._stop.set()
        self._running.join(5)
        self.reader.close()
        self.stand.close()


NewDoor = Callable[..., ScannedDoor]


@pytest.fixture(autouse=True)
def quick_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread without scans sees soon that the test is over, or that its clock was stepped."""
    monkeypatch.setattr(reader, "POLL_SECONDS", 0.02)


@pytest.fixture
def new_door(tmp_path: Path) -> Iterator[NewDoor]:
    doors: list[ScannedDoor] = []

    def build(scanner: ReaderProfile, bridge: ReaderProfile | None = None) -> ScannedDoor:
        door = ScannedDoor(tmp_path, scanner, bridge or scanner)
        doors.append(door)
        return door

    yield build
    for door in doors:
        door.close()


@pytest.fixture(params=PROFILES.values(), ids=lambda profile: profile.name)
def profile(request: pytest.FixtureRequest) -> ReaderProfile:
    found: ReaderProfile = request.param
    return found


def test_every_profile_lets_in_and_refuses(profile: ReaderProfile, new_door: NewDoor) -> None:
    door = new_door(profile)
    assert door.scan(door.stand.code(door.phone))["granted"]
    stranger = Phone()
    assert door.scan(stranger.long_code())["reason"] == "unknown_holder"
    assert len(door.stand.strikes) == 1


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_port_is_opened_with_the_parity_of_its_scanner(
    parity: Parity, new_door: NewDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    real = serial.Serial

    def recording(*args: Any, **settings: Any) -> serial.Serial:
        opened.append(settings["parity"])
        return real(*args, **settings)

    monkeypatch.setattr("firmware_bridge.devices.ports.serial.Serial", recording)
    door = new_door(replace(PROFILES["honeywell"], parity=parity))
    assert door.scan(door.stand.code(door.phone))["granted"]
    assert set(opened) == {parity[0].upper()}


def test_pauses_within_a_code_do_not_cut_it(profile: ReaderProfile, new_door: NewDoor) -> None:
    door = new_door(profile)
    code = door.stand.code(door.phone)
    # In pieces of one byte with pauses of 2 ms, and one of 100 ms in the middle.
    pauses = iter([0.002] * 60 + [0.1] + [0.002] * 1000)
    door.reader.misbehaviour = Misbehaviour(byte_by_byte=True, pause_ms=0.001)
    real = time.sleep

    def pausing(seconds: float) -> None:
        real(next(pauses) if seconds < 0.0001 else seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("firmware_bridge.sim.reader.time.sleep", pausing)
        assert door.scan(code)["granted"]
    assert len(door.decisions()) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [("]Q1", "\r"), ("\x02", "\x03"), ("\ufeff", "\r\n"), ("\t", "\t"), ("\0\0", "\0\r")],
)
def test_what_a_scanner_adds_is_no_silent_red(
    before: str, after: str, profile: ReaderProfile, new_door: NewDoor
) -> None:
    door = new_door(replace(profile, prefix=before.encode(), suffix=after.encode()), bridge=profile)
    assert door.scan(door.stand.code(door.phone))["granted"]


# The Simple Serial Interface.


def test_each_packet_of_a_scan_is_acknowledged_at_once(new_door: NewDoor) -> None:
    door = new_door(PROFILES["zebra-ssi"])
    assert door.scan(door.phone.long_code())["granted"]
    assert door.reader.sent_packets == 2


def test_a_damaged_packet_is_sent_again_and_opens(new_door: NewDoor) -> None:
    door = new_door(PROFILES["zebra-ssi"])
    door.reader.spoilt = 2
    assert door.scan(door.stand.code(door.phone))["granted"]
    assert (door.reader.sent_packets, len(door.decisions())) == (3, 1)


def test_a_scanner_that_does_not_hear_is_one_scan(new_door: NewDoor) -> None:
    door = new_door(PROFILES["zebra-ssi"])
    door.reader.deaf = True
    assert door.scan(door.stand.code(door.phone))["granted"]
    assert (door.reader.sent_packets, len(door.decisions())) == (3, 1)


# What a scanner shows.


def with_signals() -> list[ReaderProfile]:
    return [replace(one, shows=True) for one in PROFILES.values() if one.granted]


@pytest.fixture(params=with_signals(), ids=lambda profile: profile.name)
def showing(request: pytest.FixtureRequest, new_door: NewDoor) -> ScannedDoor:
    return new_door(request.param)


def test_a_scanner_shows_what_the_door_has_answered(showing: ScannedDoor) -> None:
    code = showing.stand.code(showing.phone)
    showing.scan(code)
    eventually(lambda: showing.reader.shown == ["granted"])
    showing.scan(code)  # the same again: neither a second sound nor a red light
    showing.scan("JUNK")
    eventually(lambda: showing.reader.shown[-1] == "refused")
    assert showing.reader.shown.count("granted") == 1


def test_the_light_ends_with_the_strike(new_door: NewDoor) -> None:
    door = new_door(PROFILES["zebra-ssi"])
    door.scan(door.stand.code(door.phone))
    eventually(lambda: door.reader.shown == ["granted"])
    door.stand.clock.step(4.0)
    door.await_rounds(2)
    assert door.reader.shown == ["granted"]
    door.stand.clock.step(1.5)
    eventually(lambda: door.reader.shown == ["granted", "dark"])


def test_the_light_ends_when_the_door_is_locked_again_before(new_door: NewDoor) -> None:
    door = new_door(PROFILES["zebra-ssi"])
    door.scan(door.stand.code(door.phone))
    eventually(lambda: door.reader.shown == ["granted"])
    door.stand.clock.step(0.5)
    door.stand.door.strike_ended()
    eventually(lambda: door.reader.shown == ["granted", "dark"])


def check_a_scanner_that_takes_nothing_holds_up_no_door(door: ScannedDoor) -> None:
    for number in range(3):
        began = time.monotonic()
        door.scan(f"JUNK {number}")
        assert time.monotonic() - began < HELD_UP_SECONDS / 2


# Much longer than a scan takes on a busy machine.
HELD_UP_SECONDS = 1.5


def fill(door: ScannedDoor) -> None:
    """Let nobody read what the bridge sends, as on a line that is stopped by flow control."""
    door.reader._stop.set()
    door.reader._thread.join(5)
    while door.thread._link._port is None:
        time.sleep(0.01)
    port = door.thread._link._port.fileno()
    # The kernel moves on what it can, some time after it was written.
    while select.select([], [port], [], 0.2)[1]:
        os.write(port, b"x" * 1000)


def test_a_scanner_that_takes_nothing_holds_up_no_door(new_door: NewDoor) -> None:
    door = new_door(replace(PROFILES["honeywell"], shows=True))
    fill(door)
    check_a_scanner_that_takes_nothing_holds_up_no_door(door)


@pytest.mark.thorough
@pytest.mark.planted_fault("a door that waits until its scanner has shown the answer")
def test_a_door_that_waits_for_its_scanner_fails_the_check(
    new_door: NewDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waiting(link: SerialLink, data: bytes) -> None:
        assert link._port is not None
        select.select([], [link._port.fileno()], [], HELD_UP_SECONDS)

    monkeypatch.setattr(SerialLink, "offer", waiting)
    door = new_door(replace(PROFILES["honeywell"], shows=True))
    fill(door)
    with pytest.raises(AssertionError):
        check_a_scanner_that_takes_nothing_holds_up_no_door(door)


# Scanners that wait for a command.


@pytest.mark.parametrize("name", [one.name for one in PROFILES.values() if one.trigger])
def test_a_scanner_that_waits_for_a_command_gets_it_again_after_each_scan(
    name: str, new_door: NewDoor
) -> None:
    door = new_door(replace(PROFILES[name], triggered=True))
    eventually(lambda: door.reader.triggers == 1)
    assert door.scan(door.stand.code(door.phone))["granted"]
    eventually(lambda: door.reader.triggers == 2)
    door.stand.clock.step(3.1)  # it has given up meanwhile
    eventually(lambda: door.reader.triggers == 3)
    assert [event["reason"] for event in door.decisions()] == ["granted"]


# The same code again.


def check_what_is_held_up_is_one_scan(door: ScannedDoor) -> None:
    for _ in range(5):
        door.reader.scan("A POSTER")
        door.stand.clock.step(0.1)
    door.await_rounds(8)
    assert len(door.decisions()) == 1
    door.stand.clock.step(1.0)
    door.scan("A POSTER")
    assert len(door.decisions()) == 2
    door.scan("ANOTHER")  # a new code is judged at once
    assert door.scan(door.stand.code(door.phone))["granted"]


def test_what_a_scanner_sends_again_and_again_is_one_scan(new_door: NewDoor) -> None:
    check_what_is_held_up_is_one_scan(new_door(PROFILES["gm65"]))


@pytest.mark.planted_fault("each repetition is a scan")
def test_a_door_that_judges_each_repetition_fails_the_check(new_door: NewDoor) -> None:
    door = new_door(replace(PROFILES["gm65"], same_code_ms=0))
    with pytest.raises(AssertionError):
        check_what_is_held_up_is_one_scan(door)
