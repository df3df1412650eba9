"""Boards on one line: confirmed pulses, and a silent one that holds up nobody."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.clock import monotonic
from firmware_bridge.devices import outputs
from firmware_bridge.devices.modbus import (
    CoilState,
    Echo,
    Refusal,
    ReplyReader,
    coil_states,
    crc16,
    flash_on,
    parse_question,
    read_coil,
)
from firmware_bridge.devices.outputs import RelayCoil, RelayLine
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.door.runner import StrikeFault
from firmware_bridge.sim.relay import SimulatedRelay


class Line:
    """A line with one simulated board, unit 1, and a second door on unit 2, which is not there."""

    def __init__(self, folder: Path) -> None:
        self.board = SimulatedRelay(folder / "relay")
        link = SerialLink(str(self.board.wire.link), 115200, lambda up, why: None)
        self.line = RelayLine(link)
        self.changes: list[tuple[str, bool]] = []
        self.good, self.silent = self.coil("good", 1), self.coil("silent", 2)

    def coil(self, name: str, unit: int) -> RelayCoil:
        return self.line.coil(unit, 0, lambda works, why: self.changes.append((name, works)))

    def close(self) -> None:
        self.line.close()
        self.board.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path)
    yield line
    line.close()


def test_a_pulse_is_confirmed_by_the_board_and_its_coil(line: Line) -> None:
    line.good.strike(700)
    assert [pulse.flash.ms for pulse in line.board.pulses] == [700]
    assert line.good.works
    assert line.changes == []


def check_an_adapter_is_no_board(line: Line) -> None:
    line.board.reply_mode = "adapter"
    with pytest.raises(StrikeFault):
        line.good.strike(700)


def test_an_adapter_that_returns_its_own_bytes_is_no_board(line: Line) -> None:
    check_an_adapter_is_no_board(line)


@pytest.mark.planted_fault("the echo of the frame taken for the board's word")
def test_an_echo_that_counts_as_confirmed_fails_the_check(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RelayLine, "_read_back", lambda *asked, **how: "")
    with pytest.raises(pytest.fail.Exception):
        check_an_adapter_is_no_board(line)


def test_behind_an_adapter_that_returns_its_bytes_the_second_echo_is_the_board_s() -> None:
    frame = flash_on(1, 0, 700)
    reader = ReplyReader(frame, returned=True)
    assert reader.feed(frame) is None
    assert reader.feed(frame) == Echo()
    question = ReplyReader(read_coil(1, 0), returned=True)
    assert question.feed(read_coil(1, 0)) is None
    assert question.own_frame
    assert question.feed(coil_states(1, [True])) == CoilState(True)


def test_the_question_for_a_coil_is_the_published_one() -> None:
    # MODBUS Application Protocol V1.1b3, section 6.1; the CRC by Serial Line V1.02.
    assert read_coil(1, 0).hex() == "010100000001fdca"
    assert coil_states(1, [True]).hex() == "010101019048"
    asked = parse_question(read_coil(7, 3))
    assert asked is not None
    assert (asked.unit, asked.coil, asked.count) == (7, 3, 1)
    assert parse_question(flash_on(1, 0, 100)) is None


def test_a_board_that_does_not_know_the_question_is_a_board() -> None:
    refusal = bytes([1, 0x81, 1])
    assert ReplyReader(read_coil(1, 0)).feed(refusal + crc16(refusal)) == Refusal(1)


def test_a_board_without_reading_opens_and_one_that_refuses_all_stays_aside(line: Line) -> None:
    line.board.reply_mode = "no_reading"
    line.good.strike(100)
    line.board.reply_mode = "refuse"
    with pytest.raises(StrikeFault, match="refused with code 4"):
        line.good.strike(100)
    line.line.probe()
    assert not line.good.works


def check_a_silent_board_holds_up_nobody(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """While doors ask for a silent board again and again, the others do not wait for it."""
    with pytest.raises(StrikeFault):
        line.silent.strike(100)
    # From now on who waits for it waits for much longer than a strike takes on a busy machine.
    usual = outputs.REPLY_SECONDS
    monkeypatch.setattr(outputs, "REPLY_SECONDS", 1.5)
    stop = threading.Event()

    def ask_again() -> None:
        while not stop.is_set():
            with pytest.raises(StrikeFault):
                line.silent.strike(100)
            line.line.probe()

    insisting = threading.Thread(target=ask_again)
    insisting.start()
    try:
        for _ in range(20):
            assert _seconds_of_strike(line.good) < 0.75
    finally:
        stop.set()
        monkeypatch.setattr(outputs, "REPLY_SECONDS", usual)
        insisting.join(10)


def _seconds_of_strike(coil: RelayCoil) -> float:
    time.sleep(0.02)
    began = monotonic()
    coil.strike(100)
    return monotonic() - began


def test_a_silent_board_is_set_aside_and_holds_up_nobody(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_silent_board_holds_up_nobody(line, monkeypatch)
    assert (line.good.works, line.silent.works) == (True, False)
    assert line.changes == [("silent", False)]


@pytest.mark.thorough
@pytest.mark.planted_fault("a silent board that is asked each time")
def test_a_silent_board_that_is_asked_each_time_fails_the_check(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RelayLine, "works", lambda line, unit: True)
    with pytest.raises(AssertionError):
        check_a_silent_board_holds_up_nobody(line, monkeypatch)


def test_a_board_that_answers_again_is_taken_back_without_a_scan(line: Line) -> None:
    line.board.reply_mode = "silent"
    with pytest.raises(StrikeFault):
        line.good.strike(100)
    line.line.probe()
    before = line.good.works
    line.board.reply_mode = "echo"
    line.line.probe()
    assert (before, line.good.works) == (False, True)
    assert line.changes == [("good", False), ("good", True)]
    line.good.strike(100)


def test_a_board_that_is_not_there_at_the_start_is_found_before_the_first_scan(
    line: Line,
) -> None:
    line.line.check()
    assert (line.good.works, line.silent.works) == (True, False)


def test_one_answer_that_is_lost_sets_no_board_aside_at_the_start(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, lost = RelayLine._exchange, [True]

    def lose_the_first(self: RelayLine, frame: bytes, **how: bool) -> object:
        return None if lost and lost.pop() else real(self, frame, **how)

    monkeypatch.setattr(RelayLine, "_exchange", lose_the_first)
    line.line.check()
    assert line.good.works
    assert ("good", False) not in line.changes


def test_a_line_that_is_unplugged_is_a_fault_and_works_again_when_it_is_back(line: Line) -> None:
    line.board.wire.unplug()
    with pytest.raises(StrikeFault):
        line.good.strike(100)
    line.board.wire.plug_in()
    line.line.probe()
    line.good.strike(100)


def test_a_probe_gives_way_to_a_door(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "REPLY_SECONDS", 5.0)
    monkeypatch.setattr(line.line, "_aside", {2})
    probing = threading.Thread(target=line.line.probe)
    probing.start()
    assert _seconds_of_strike(line.good) < 2.5
    probing.join(10)
