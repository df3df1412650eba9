"""Protocols of readers and relay boards, and the simulated faults of a cable."""

import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.devices.line import MAX_LINE_BYTES, LineReader
from firmware_bridge.devices.modbus import (
    Echo,
    Flash,
    Refusal,
    ReplyReader,
    crc16,
    flash_on,
    parse_flash,
)
from firmware_bridge.sim.misbehaviour import Misbehaviour

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
CODE = b"Z1 A  B$%*+-./:0 "


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_line_ends_with_cr_lf_or_both(end: bytes) -> None:
    assert LineReader(0.1).feed(CODE + end + CODE + end) == [CODE, CODE]


def test_nul_ends_a_line_only_of_a_scanner_that_is_set_to_it() -> None:
    assert LineReader(0.1, suffix=b"\0").feed(CODE + b"\0" + CODE + b"\0") == [CODE, CODE]
    assert LineReader(0.1).feed(b"\0" + CODE[:9] + b"\0" + CODE[9:] + b"\r") == [CODE]


def test_a_line_without_an_end_is_complete_after_silence() -> None:
    reader = LineReader(0.1)
    before = reader.pending
    assert reader.feed(CODE) == []
    during = reader.pending
    assert reader.idle() == [CODE]
    assert (before, during, reader.pending) == (False, True, False)
    assert reader.idle() == []


@given(
    lines=st.lists(st.text(ALPHABET, min_size=1, max_size=MAX_LINE_BYTES).map(str.encode)),
    cut=st.integers(1, 40),
)
def test_lines_do_not_depend_on_how_the_stream_is_cut(lines: list[bytes], cut: int) -> None:
    stream = b"".join(line + b"\r" for line in lines)
    reader = LineReader(0.1)
    assert [
        line for at in range(0, len(stream), cut) for line in reader.feed(stream[at : at + cut])
    ] == lines


def check_five_megabytes_are_one_line_and_no_memory() -> None:
    reader = LineReader(0.1)
    lines = [line for _ in range(5 * 256) for line in reader.feed(b"A" * 4096)]
    assert [len(line) for line in lines] == [MAX_LINE_BYTES + 1]
    assert sum(sys.getsizeof(part) for part in vars(reader).values()) < 10_000
    assert reader.feed(b"A\r" + CODE + b"\r") == [CODE]


def test_five_megabytes_without_an_end_are_one_line_and_no_memory() -> None:
    check_five_megabytes_are_one_line_and_no_memory()


@pytest.mark.planted_fault("a buffer without a limit")
def test_a_buffer_without_a_limit_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.devices.line.MAX_LINE_BYTES", 10**9)
    with pytest.raises(AssertionError):
        check_five_megabytes_are_one_line_and_no_memory()


def test_an_overlong_line_ends_with_silence_too() -> None:
    reader = LineReader(0.1)
    reader.feed(b"A" * 5000)
    assert reader.pending
    assert reader.idle() == []
    assert reader.feed(CODE + b"\r") == [CODE]


def test_the_flash_frame_is_the_published_one() -> None:
    assert flash_on(1, 0, 700).hex() == "0105020000078db0"
    assert parse_flash(flash_on(7, 3, 5000)) == Flash(7, 3, 5000)
    assert parse_flash(flash_on(1, 0, 101)) == Flash(1, 0, 200)


@pytest.mark.parametrize("ms", [0, -5, 3_276_701])
def test_a_pulse_the_board_cannot_count_is_refused(ms: int) -> None:
    with pytest.raises(ValueError, match="pulse"):
        flash_on(1, 0, ms)


def test_the_echo_is_recognised_byte_by_byte_and_inside_noise() -> None:
    frame = flash_on(1, 2, 500)
    reader = ReplyReader(frame)
    answers = [reader.feed(bytes([byte])) for byte in b"\x00\x01\xff" + frame]
    assert answers[-1] == Echo()
    assert set(answers[:-1]) == {None}


def test_a_refusal_of_the_board_is_recognised() -> None:
    body = bytes([1, 0x85, 2])
    assert ReplyReader(flash_on(1, 0, 100)).feed(b"\x01" + body + crc16(body)) == Refusal(2)


def check_only_the_true_echo_counts() -> None:
    frame = flash_on(1, 2, 500)
    for index in range(len(frame)):
        damaged = frame[:index] + bytes([frame[index] ^ 1]) + frame[index + 1 :]
        assert ReplyReader(frame).feed(damaged) is None
        assert parse_flash(damaged) is None


def test_a_damaged_echo_is_no_echo() -> None:
    check_only_the_true_echo_counts()


@pytest.mark.planted_fault("an unchecked frame")
def test_an_unchecked_frame_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.devices.modbus.crc16", lambda data: b"\x00\x00")
    with pytest.raises(AssertionError):
        check_only_the_true_echo_counts()
        frame = flash_on(1, 2, 500)
        assert parse_flash(frame[:4] + b"\x09" + frame[5:]) is None


@given(noise=st.binary(max_size=5000))
def test_noise_is_never_an_answer_and_never_grows(noise: bytes) -> None:
    reader = ReplyReader(flash_on(250, 200, 60_000))
    assert reader.feed(noise) is None
    assert len(reader._buffer) <= 64


def test_misbehaviour_is_the_same_for_the_same_seed() -> None:
    bad = Misbehaviour(byte_by_byte=True, noise=0.2, loss=0.2)
    first, second = ([*bad.play(CODE, random.Random(7))] for _ in range(2))
    assert first == second
    assert all(len(piece) == 1 for piece in first)
    assert b"".join(first) != CODE


def test_a_good_cable_changes_nothing() -> None:
    assert [*Misbehaviour().play(CODE, random.Random(1))] == [CODE]
    with pytest.raises(ValueError, match="no such misbehaviour"):
        Misbehaviour.from_json({"rain": 1})
