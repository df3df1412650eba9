"""Scanners of every profile: whatever they add, cut or damage, the code is the code or none."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.devices import ssi
from firmware_bridge.devices.line import LineReader
from firmware_bridge.devices.reader_profiles import PROFILES, ReaderProfile
from firmware_bridge.devices.scanner import Scanner, open_scanner
from firmware_bridge.wire.token import TokenError, parse, signed_by
from tests.world.rig import Phone

ALL = st.sampled_from(list(PROFILES.values()))
PHONE = Phone()
S, L = PHONE.code().encode(), PHONE.long_code().encode()
CODES = st.sampled_from([S, L])
# What models put before a code, and after it; "" is none.
BEFORE = ("", "]Q1", "]Q3", "\x02", "\x02]Q1", "\ufeff", "\ufeff]Q1", "\t", "\0\0", "\0\x02]Q0")
AFTER = ("", "\r", "\n", "\r\n", "\x03", "\x03\r\n", "\t", "\0", "\0\0\r", "\x04")


def packed(profile: ReaderProfile, data: bytes) -> bytes:
    """What goes over the line for a scan."""
    return data if profile.protocol == "line" else b"".join(ssi.decode_data(data))


def played(
    scanner: Scanner, stream: bytes, cuts: list[tuple[int, float]], profile: ReaderProfile
) -> list[bytes]:
    """The codes found in a stream that comes in pieces with pauses, in ms, after each.

    As the thread of a reader does: silence longer than the gap ends what has begun.
    """
    lines, at = list[bytes](), 0
    for size, pause in [*cuts, (len(stream), 10_000.0)]:
        lines += scanner.feed(stream[at : at + size])
        at += size
        if pause > profile.gap_ms and scanner.pending:
            lines += scanner.idle()
    return lines


def pieces(profile: ReaderProfile) -> st.SearchStrategy[list[tuple[int, float]]]:
    return st.lists(st.tuples(st.integers(1, 60), st.floats(0, profile.gap_ms)), max_size=40)


@given(data=st.data(), profile=ALL, code=CODES)
def test_a_code_is_the_same_however_it_is_wrapped_and_cut(
    data: st.DataObject, profile: ReaderProfile, code: bytes
) -> None:
    before = data.draw(st.sampled_from(BEFORE)).encode()
    after = data.draw(st.sampled_from(AFTER)).encode()
    stream = packed(profile, before + code + after)
    assert played(open_scanner(profile), stream, data.draw(pieces(profile)), profile) == [code]


@given(
    data=st.data(), profile=ALL, code=CODES, printable=st.text("P01sQ#<>]", min_size=1, max_size=4)
)
def test_what_could_be_part_of_a_code_is_taken_off_where_it_is_named(
    data: st.DataObject, profile: ReaderProfile, code: bytes, printable: str
) -> None:
    profile = replace(profile, prefix=printable.encode(), suffix=printable.encode() + b"\r")
    stream = packed(profile, profile.prefix + code + profile.suffix)
    assert played(open_scanner(profile), stream, data.draw(pieces(profile)), profile) == [code]


@given(data=st.data(), profile=ALL, codes=st.lists(CODES, min_size=1, max_size=4))
def test_one_scan_after_another_is_one_code_each(
    data: st.DataObject, profile: ReaderProfile, codes: list[bytes]
) -> None:
    end = profile.suffix or (b"" if profile.protocol == "ssi" else b"\r")
    stream = b"".join(packed(profile, code + end) for code in codes)
    # A scanner that repeats a packet has not been heard; these were.
    assert played(open_scanner(profile), stream, data.draw(pieces(profile)), profile) == codes


def flip(frame: bytes, at: int, value: int) -> bytes:
    return frame[:at] + bytes([frame[at] ^ value]) + frame[at + 1 :]


def drop(frame: bytes, at: int, value: int) -> bytes:
    return frame[:at] + frame[at + 1 :]


def insert(frame: bytes, at: int, value: int) -> bytes:
    return frame[:at] + bytes([value]) + frame[at:]


def damaged_lines(data: st.DataObject, profile: ReaderProfile, code: bytes) -> list[bytes]:
    """The lines that come of a scan with one to three damaged places."""
    stream = packed(profile, code + profile.suffix)
    for _ in range(data.draw(st.integers(1, 3))):
        how: Callable[[bytes, int, int], bytes] = data.draw(st.sampled_from([flip, drop, insert]))
        stream = how(
            stream, data.draw(st.integers(0, len(stream) - 1)), data.draw(st.integers(1, 255))
        )
    return played(open_scanner(profile), stream, data.draw(pieces(profile)), profile)


def is_proven(line: bytes) -> bool:
    """Whether a door would believe that this phone made the code."""
    try:
        return signed_by(PHONE.known.point, parse(line))
    except TokenError:
        return False


def check_what_is_damaged_proves_nothing(
    data: st.DataObject, profile: ReaderProfile, code: bytes
) -> None:
    believed = [line for line in damaged_lines(data, profile, code) if is_proven(line)]
    # Where only the wrapping was damaged, it is the code.
    assert believed in ([], [code])


@settings(max_examples=300)
@given(data=st.data(), profile=ALL, code=CODES)
def test_what_is_damaged_proves_nothing(
    data: st.DataObject, profile: ReaderProfile, code: bytes
) -> None:
    check_what_is_damaged_proves_nothing(data, profile, code)


@given(noise=st.binary(max_size=3000), profile=ALL, code=CODES)
def test_noise_grows_no_memory_and_the_next_code_is_read(
    noise: bytes, profile: ReaderProfile, code: bytes
) -> None:
    scanner = open_scanner(profile)
    scanner.feed(noise)
    while scanner.pending:
        scanner.idle()
    lines = scanner.feed(packed(profile, code + profile.suffix))
    assert [*lines, *scanner.idle()][-1:] == [code]
    scanner.outgoing()


@pytest.mark.parametrize(
    "profile", [one for one in PROFILES.values() if one.trigger_reply], ids=lambda one: one.name
)
@pytest.mark.parametrize("after", [b"", b"\r"])
def test_the_answer_to_a_trigger_is_no_code(profile: ReaderProfile, after: bytes) -> None:
    scanner = open_scanner(profile)
    assert scanner.feed(profile.trigger_reply) + scanner.idle() == []
    got = scanner.feed(profile.trigger_reply + S + after) + scanner.idle()
    assert got == [S]


SPACES = (b"Z1 A  B ", b" Z1", b"Z1  ")


@pytest.mark.parametrize("code", SPACES)
def test_spaces_are_digits_and_stay(code: bytes) -> None:
    assert LineReader(0.1).feed(b"]Q1\x02" + code + b"\x03") == [code]


@pytest.mark.planted_fault("spaces are stripped like control characters")
def test_a_reader_that_strips_spaces_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.devices.line._CONTROLS", bytes(range(0x21)))
    with pytest.raises(AssertionError):
        for code in SPACES:
            test_spaces_are_digits_and_stay(code)
