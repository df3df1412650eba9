"""Lamps and buzzers: they show, and nothing about them keeps a door shut or waiting."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.clock import monotonic
from firmware_bridge.devices import lamps, outputs
from firmware_bridge.devices.lamps import MOST, WaitingLamps
from firmware_bridge.devices.outputs import RelayLine
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.sim.relay import ReplyMode, SimulatedRelay
from tests.world.rig import WAIT, eventually

# Much longer than a strike takes on a busy machine: who waits for a dead lamp waits for so long.
REPLY_SECONDS = 1.5


class LitLine:
    """A line with a board, its thread, and lamps on it and on a unit 9 that is not there."""

    def __init__(self, folder: Path) -> None:
        self.board = SimulatedRelay(folder / "relay")
        link = SerialLink(str(self.board.wire.link), 115200, lambda up, why: None)
        self.line = RelayLine(link)
        self.changes: list[tuple[int, str]] = []
        self.line.lamps.changed = lambda unit, why: self.changes.append((unit, why))
        self.door = self.line.coil(1, 0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.line.run, args=(self._stop,))
        self._thread.start()

    def pulses(self) -> list[tuple[int, int]]:
        return [(pulse.flash.coil, pulse.flash.ms) for pulse in self.board.pulses]

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self.line.close()
        self.board.close()


@pytest.fixture
def lit(tmp_path: Path) -> Iterator[LitLine]:
    line = LitLine(tmp_path)
    yield line
    line.close()


def test_a_lamp_is_a_pulse_that_its_board_ends(lit: LitLine) -> None:
    lit.line.lamps.light(1, 2, 1500)
    eventually(lambda: lit.pulses() == [(2, 1500)])
    lit.line.lamps.light(1, 2, 0)
    eventually(lambda: lit.board.cuts == [2])


def check_a_dead_lamp_delays_no_strike(lit: LitLine) -> None:
    """Each strike begins while a frame to a board that is not there waits for its answer."""
    for _ in range(5):
        lit.line.lamps.light(9, 0, 1500)
        time.sleep(0.02)
        began = monotonic()
        lit.door.strike(100)
        assert monotonic() - began < REPLY_SECONDS / 2
    assert lit.door.works


def test_a_dead_lamp_delays_no_strike(lit: LitLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "REPLY_SECONDS", REPLY_SECONDS)
    monkeypatch.setattr(lamps, "RETRY_SECONDS", 0.0)
    check_a_dead_lamp_delays_no_strike(lit)
    assert lit.changes[0] == (9, "no answer")


@pytest.mark.thorough
@pytest.mark.planted_fault("a door that waits until a lamp has answered")
def test_a_door_that_waits_for_a_lamp_fails_the_check(
    lit: LitLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "REPLY_SECONDS", REPLY_SECONDS)
    monkeypatch.setattr(lamps, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(outputs, "LAMP_SECONDS", REPLY_SECONDS)
    with pytest.raises(AssertionError):
        check_a_dead_lamp_delays_no_strike(lit)


def test_a_lamp_that_is_told_without_end_does_not_hold_up_the_line(lit: LitLine) -> None:
    """A reader that floods has its red lamp told of thousands of refusals a second."""
    # Of a line at 9600 baud: 8 bytes there, and 8 back.
    lit.board._on_pulse = lambda pulse: time.sleep(0.02)
    rounds: list[float] = []
    lit.line.rounds.append(rounds.append)
    lit.line.lamps.light(1, 2, 1500)
    eventually(lambda: rounds)
    before, until = len(rounds), monotonic() + WAIT
    while len(rounds) - before < 3:
        lit.line.lamps.light(1, 2, 1500)
        time.sleep(0.001)
        assert monotonic() < until, "inputs, releases and lockdowns wait for each round"
    assert (2, 1500) in lit.pulses()


def test_lamps_that_fail_on_the_door_s_own_board_keep_no_door_shut(lit: LitLine) -> None:
    lit.board.reply_mode = "wrong"
    for _ in range(5):
        lit.line.lamps.light(1, 2, 1500)
        time.sleep(0.05)
    eventually(lambda: [unit for unit, why in lit.changes if why] == [1])
    lit.board.reply_mode = "echo"
    assert lit.door.works
    lit.door.strike(100)


def tries(lit: LitLine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The times in ms of the pulses of lamps that were sent and answered, or not."""
    tried: list[int] = []
    light = lit.line.light

    def light_and_count(unit: int, coil: int, ms: int) -> str:
        fault = light(unit, coil, ms)
        tried.append(ms)
        return fault

    monkeypatch.setattr(lit.line, "light", light_and_count)
    return tried


def test_a_lamp_that_fails_and_works_again_is_told_once_each(
    lit: LitLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lamps, "RETRY_SECONDS", 0.0)
    tried = tries(lit, monkeypatch)
    modes: list[tuple[ReplyMode, int]] = [("silent", 1), ("echo", 2)]
    for mode, changes in modes:
        lit.board.reply_mode = mode
        for ms in (100, 200, 300):
            before = len(tried)
            lit.line.lamps.light(1, 2, ms)
            eventually(lambda before=before: len(tried) > before)  # type: ignore[misc] # bound
        eventually(lambda changes=changes: len(lit.changes) == changes)  # type: ignore[misc] # bound
    assert [bool(why) for _, why in lit.changes] == [True, False]


def test_a_lamp_that_failed_is_left_alone_for_a_time() -> None:
    waiting, tried = WaitingLamps(), list[int]()

    def fail(unit: int, coil: int, ms: int) -> str:
        tried.append(unit)
        return "no answer"

    for _ in range(5):
        waiting.light(9, 0, 100)
        waiting.send(fail)
    assert tried == [9]


def test_the_newest_pulse_of_an_output_goes_out_and_memory_is_bounded() -> None:
    waiting, sent = WaitingLamps(), list[tuple[int, int, int]]()

    def pulse(unit: int, coil: int, ms: int) -> str:
        sent.append((unit, coil, ms))
        return ""

    waiting.light(1, 1, 500)
    waiting.light(1, 1, 0)
    for coil in range(1000):
        waiting.light(2, coil, 100)
    waiting.send(pulse)
    assert sent[0] == (1, 1, 0)
    assert len(sent) == MOST
