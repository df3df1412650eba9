"""The inputs of a board on a line: read again and again, steady, and silent."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.clock import monotonic
from firmware_bridge.devices.modbus import (
    InputStates,
    Refusal,
    ReplyReader,
    crc16,
    input_states,
    parse_inputs_question,
    parse_switch_off,
    read_inputs,
    switch_off,
)
from firmware_bridge.devices.outputs import REPLY_SECONDS, RelayLine
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.sim.relay import ReplyMode, SimulatedRelay
from tests.world.rig import eventually


class Contacts:
    """A line with one simulated board, whose inputs 0 and 9 are wired."""

    def __init__(self, folder: Path) -> None:
        self.board = SimulatedRelay(folder / "relay")
        link = SerialLink(str(self.board.wire.link), 115200, lambda up, why: None)
        self.line = RelayLine(link)
        self.changes: list[tuple[bool, str]] = []
        self.of_coil: list[bool] = []
        self.coil = self.line.coil(1, 0, lambda works, why: self.of_coil.append(works))
        self.line.watch(1, lambda works, why: self.changes.append((works, why)))
        self.seen: list[bool | None] = []
        self.inverted: list[bool | None] = []
        self.line.board(1).add(0, self.seen.append, active_closed=True)
        self.line.board(1).add(9, self.inverted.append, active_closed=False)

    def close(self) -> None:
        self.line.close()
        self.board.close()


@pytest.fixture
def contacts(tmp_path: Path) -> Iterator[Contacts]:
    contacts = Contacts(tmp_path)
    yield contacts
    contacts.close()


def test_what_two_readings_in_a_row_show_is_passed_on_once(contacts: Contacts) -> None:
    for closed in (False, True, False, True, True, True):
        contacts.board.closed_inputs = {0} if closed else set()
        contacts.line.poll()
    assert contacts.seen == [True]
    assert contacts.inverted == [True]


def test_a_silent_board_says_so_at_once_and_its_inputs_come_back(contacts: Contacts) -> None:
    for _ in range(2):
        contacts.line.poll()
    contacts.board.reply_mode = "silent"
    contacts.line.poll()
    assert contacts.seen == [False, None]
    assert not contacts.coil.works, "a silent board opens no door either"
    contacts.board.reply_mode = "echo"
    contacts.line.probe()
    for _ in range(2):
        contacts.line.poll()
    assert contacts.seen == [False, None, False]


def test_the_thread_of_a_line_reads_its_inputs_and_does_what_each_round_does(
    contacts: Contacts,
) -> None:
    rounds: list[float] = []
    contacts.line.rounds.append(rounds.append)
    stop = threading.Event()
    thread = threading.Thread(target=contacts.line.run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: contacts.seen == [False])
        contacts.board.closed_inputs.add(0)
        eventually(lambda: contacts.seen == [False, True])
        contacts.coil.strike(700)
        assert contacts.coil.cut()
    finally:
        stop.set()
        thread.join()
    assert len(rounds) > 2
    assert contacts.board.cuts == [0]


def test_a_pulse_that_is_cut_lets_the_coil_go(contacts: Contacts) -> None:
    contacts.coil.strike(5000)
    assert contacts.board.coil_closed(0)
    assert contacts.coil.cut()
    assert not contacts.board.coil_closed(0)


def test_a_cut_that_nobody_confirms_is_said(contacts: Contacts) -> None:
    contacts.board.reply_mode = "silent"
    assert not contacts.coil.cut()


@pytest.mark.parametrize("count", [1, 7, 8, 9, 16, 64])
def test_a_frame_with_any_number_of_inputs_is_read_through_noise(count: int) -> None:
    closed = tuple(number % 3 == 0 for number in range(count))
    frame = read_inputs(7, count)
    question = parse_inputs_question(frame)
    assert question is not None
    assert (question.unit, question.count) == (7, count)
    reader = ReplyReader(frame)
    assert reader.feed(b"\x07\x02" + input_states(7, closed)[:-1]) is None
    assert reader.feed(input_states(7, closed)[-1:]) == InputStates(closed)


def test_the_standard_s_example_of_inputs_is_read() -> None:
    # MODBUS Application Protocol V1.1b3, section 6.2, reads inputs 197 to 218; here from the first.
    frame = bytes([1, 2, 3, 0xAC, 0xDB, 0x35])
    states = ReplyReader(read_inputs(1, 22)).feed(frame + crc16(frame))
    assert isinstance(states, InputStates)
    assert states.closed[:8] == (False, False, True, True, False, True, False, True)
    assert states.closed[-1] is True


def test_a_board_without_inputs_refuses_and_the_frame_of_a_cut_is_that_of_the_facts() -> None:
    refused = bytes([1, 0x82, 1])
    assert ReplyReader(read_inputs(1, 1)).feed(refused + crc16(refused)) == Refusal(1)
    assert switch_off(1, 0) == bytes.fromhex("010500000000CDCA")
    off = parse_switch_off(switch_off(1, 3))
    assert off is not None
    assert (off.unit, off.coil) == (1, 3)


def test_a_round_is_told_until_when_the_contacts_have_been_heard(contacts: Contacts) -> None:
    told: list[tuple[float, list[bool | None]]] = []
    contacts.line.rounds.append(lambda until: told.append((until, list(contacts.seen))))
    for _ in range(2):
        contacts.line.poll()
    moved_at = monotonic()
    contacts.board.closed_inputs = {0}
    for _ in range(2):
        contacts.line.poll()
    assert all(seen[-1:] == [True] for until, seen in told if until >= moved_at)
    assert told[-1][0] >= moved_at


@pytest.mark.parametrize("mode", ["no_reading", "no_inputs"])
def test_a_board_without_inputs_opens_its_doors_and_says_what_it_lacks(
    contacts: Contacts, mode: ReplyMode
) -> None:
    for _ in range(2):
        contacts.line.poll()
    contacts.board.reply_mode = mode
    for _ in range(3):
        contacts.line.poll()
        contacts.coil.strike(700)
        contacts.line.probe()
        assert contacts.coil.works
    assert contacts.seen == [False, None]
    assert [works for works, _ in contacts.changes] == [False]
    assert contacts.changes[0][1].startswith("its inputs: ")
    contacts.board.reply_mode = "echo"
    contacts.line.probe()
    for _ in range(2):
        contacts.line.poll()
    assert contacts.seen == [False, None, False]
    assert [works for works, _ in contacts.changes] == [False, True]
    assert contacts.of_coil == [], "the board has opened the door"


def test_a_board_that_is_silent_about_its_inputs_leaves_the_line_to_the_strikes(
    contacts: Contacts,
) -> None:
    contacts.board.reply_mode = "no_inputs"
    contacts.line.poll()
    began = monotonic()
    for _ in range(5):
        contacts.line.poll()
    assert monotonic() - began < REPLY_SECONDS


def test_a_board_of_inputs_alone_says_that_it_is_silent(tmp_path: Path) -> None:
    board = SimulatedRelay(tmp_path / "inputs", unit=7)
    line = RelayLine(SerialLink(str(board.wire.link), 115200, lambda up, why: None))
    changes: list[bool] = []
    line.watch(7, lambda works, why: changes.append(works))
    line.board(7).add(0, lambda closed: None, active_closed=True)
    try:
        line.poll()
        board.reply_mode = "silent"
        line.poll()
        board.reply_mode = "echo"
        line.probe()
    finally:
        line.close()
        board.close()
    assert changes == [False, True]


def test_a_button_counts_by_one_reading_and_a_contact_by_two(contacts: Contacts) -> None:
    button: list[bool | None] = []
    contacts.line.board(1).add(0, button.append, active_closed=True, steady=False)
    for closed in (False, False, True, False, False):
        contacts.board.closed_inputs = {0} if closed else set()
        contacts.line.poll()
    assert (contacts.seen, button) == ([False], [False, True, False])
