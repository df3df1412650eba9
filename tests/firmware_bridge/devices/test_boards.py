"""Relay boards of every profile on a real pty: pulses, coils, inputs, and one that stays closed."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_bridge.devices import outputs, pulse_ends
from firmware_bridge.devices.board_profiles import BOARDS, BoardProfile
from firmware_bridge.devices.modbus import (
    Echo,
    Flash,
    ReplyReader,
    crc16,
    flash_registers,
    parse_flash_registers,
    read_coil,
    read_inputs,
)
from firmware_bridge.devices.outputs import STUCK, RelayCoil, RelayLine
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.devices.pulse_ends import PulseEnds
from firmware_bridge.door.runner import StrikeFault
from firmware_bridge.sim.relay import SimulatedRelay


class Board:
    """A simulated board, and the line of a bridge that takes it for one of `spoken`."""

    def __init__(self, folder: Path, board: BoardProfile, spoken: BoardProfile) -> None:
        self.board = SimulatedRelay(folder / "relay", board.unit, profile=board)
        link = SerialLink(str(self.board.wire.link), 115200, lambda up, why: None)
        self.line, self.changes = RelayLine(link), list[str]()
        self.coils = [self.coil(board.unit, number, spoken) for number in range(4)]

    def coil(self, unit: int, number: int, spoken: BoardProfile) -> RelayCoil:
        return self.line.coil(unit, number, lambda works, why: self.changes.append(why), spoken)

    def close(self) -> None:
        self.line.close()
        self.board.close()


NewBoard = Callable[..., Board]


@pytest.fixture
def new_board(tmp_path: Path) -> Iterator[NewBoard]:
    boards: list[Board] = []

    def build(board: BoardProfile, spoken: BoardProfile | None = None) -> Board:
        boards.append(Board(tmp_path, board, spoken or board))
        return boards[-1]

    yield build
    for board in boards:
        board.close()


@pytest.fixture(params=BOARDS.values(), ids=lambda profile: profile.name)
def profile(request: pytest.FixtureRequest) -> BoardProfile:
    found: BoardProfile = request.param
    return found


def test_the_frames_of_lc_technology_are_the_published_ones() -> None:
    # Commands 16, 12 and 8 of the maker's instructions.
    assert flash_registers(255, 0, 2000).hex() == "ff1000030002040004" + "0014c59f"
    assert flash_registers(254, 3, 1000).hex() == "fe1000120002040004" + "000a81ab"
    assert read_inputs(255, 8).hex() == "ff02000000086c12"
    assert (
        read_coil(255, 3, at_once=8).hex()
        == "ff0100000008" + crc16(bytes.fromhex("ff0100000008")).hex()
    )
    answer = ReplyReader(flash_registers(255, 0, 2000)).feed(bytes.fromhex("ff1000030002a416"))
    assert answer == Echo()


def test_a_pulse_in_registers_is_read_as_it_was_built() -> None:
    assert parse_flash_registers(flash_registers(7, 3, 5000)) == Flash(7, 3, 5000)
    off_then_on = bytes.fromhex("ff100003000204000200" + "1e")
    assert parse_flash_registers(off_then_on + crc16(off_then_on)) is None


def test_the_question_itself_is_not_the_board_s_answer() -> None:
    frame = flash_registers(255, 0, 2000)
    assert ReplyReader(frame).feed(frame) is None


def test_every_board_pulses_each_relay_and_says_so(
    profile: BoardProfile, new_board: NewBoard
) -> None:
    board = new_board(profile)
    board.line.check()
    for number, coil in enumerate(board.coils):
        coil.strike(700)
        assert board.board.pulses[-1].flash == Flash(profile.unit, number, 700)
        assert board.board.coil_closed(number)
    assert board.coils[1].cut()
    assert not board.board.coil_closed(1)
    assert board.changes == []


def test_the_inputs_of_every_board_are_read(profile: BoardProfile, new_board: NewBoard) -> None:
    board = new_board(profile)
    contact, button = list[bool | None](), list[bool | None]()
    inputs = board.line.board(profile.unit)
    inputs.add(0, contact.append, active_closed=True)
    inputs.add(1, button.append, active_closed=True)
    board.board.closed_inputs = {1}
    board.line.poll()
    board.line.poll()
    assert (contact, button) == ([False], [True])


def test_a_board_of_another_family_opens_nothing(
    profile: BoardProfile, new_board: NewBoard
) -> None:
    other = next(one for one in BOARDS.values() if one is not profile)
    board = new_board(profile, spoken=other)
    with pytest.raises(StrikeFault):
        board.coils[0].strike(700)
    assert board.board.pulses == []


# A pulse that does not end.


def check_a_relay_that_stays_closed_is_opened_and_not_used_again(board: Board) -> None:
    board.board.holds = True
    board.coils[0].strike(100)
    time.sleep(0.3)
    board.line.check_ends()
    assert not board.board.coil_closed(0)
    assert set(board.changes) == {STUCK}
    board.line.probe()
    with pytest.raises(StrikeFault, match="stayed closed"):
        board.coils[0].strike(100)
    assert len(board.board.pulses) == 1


@pytest.fixture
def short_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse_ends, "END_SECONDS", 0.1)


@pytest.mark.usefixtures("short_ends")
def test_a_relay_that_stays_closed_is_opened_and_not_used_again(
    profile: BoardProfile, new_board: NewBoard
) -> None:
    check_a_relay_that_stays_closed_is_opened_and_not_used_again(new_board(profile))


@pytest.mark.thorough
@pytest.mark.usefixtures("short_ends")
@pytest.mark.planted_fault("nobody looks whether a pulse has ended")
def test_a_pulse_whose_end_nobody_looks_at_fails_the_check(
    profile: BoardProfile, new_board: NewBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RelayLine, "check_ends", lambda line: None)
    with pytest.raises(AssertionError):
        check_a_relay_that_stays_closed_is_opened_and_not_used_again(new_board(profile))


@pytest.mark.usefixtures("short_ends")
def test_a_pulse_that_ends_or_is_still_due_is_no_fault(
    profile: BoardProfile, new_board: NewBoard
) -> None:
    board = new_board(profile)
    board.coils[0].strike(100)
    board.coils[1].strike(60_000)
    time.sleep(0.3)
    board.line.check_ends()
    board.coils[0].strike(100)
    assert (board.changes, board.board.coil_closed(1)) == ([], True)


def test_of_two_pulses_the_longer_one_counts() -> None:
    ends = PulseEnds()
    ends.begin(1, 0, 15_000, at=100.0)
    ends.begin(1, 0, 5000, at=103.0)
    assert (ends.due(110.0), ends.due(117.0)) == ([], [(1, 0)])
    ends.begin(1, 0, 5000, at=117.0)  # while the line was asked
    assert not ends.settle(1, 0, at=117.0)
    assert ends.settle(1, 0, at=124.0)
    assert ends.due(200.0) == []


@pytest.mark.usefixtures("short_ends")
def test_a_relay_that_was_left_closed_before_the_start_is_found(
    new_board: NewBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = new_board(BOARDS["waveshare"])
    board.board.holds = True
    board.coils[0].strike(100)  # by the bridge before
    again = RelayLine(board.line._link)
    coil = again.coil(1, 0)
    monkeypatch.setattr(outputs, "LONGEST_MS", 0)
    again.check()
    time.sleep(0.2)
    again.check_ends()
    assert not coil.works
    assert not board.board.coil_closed(0)
