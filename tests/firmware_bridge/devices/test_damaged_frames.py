"""Frames that a cable has damaged: none is a grant, and none confirms a pulse."""

import random

import pytest

from firmware_bridge.devices import modbus
from firmware_bridge.devices.modbus import CoilState, Echo, InputStates, ReplyReader
from firmware_bridge.devices.reader_profiles import PROFILES
from firmware_bridge.devices.scanner import open_scanner
from firmware_bridge.wire import token as codes
from tests.firmware_bridge.fuzz.targets import LONG, SHORT, find_unchecked, frames_of
from tests.world.make_vectors import TS
from tests.world.wire_samples import judge, key_of

# A question or a pulse, and the answer that confirms it.
ANSWERS = (
    (modbus.flash_on(1, 2, 500), modbus.flash_on(1, 2, 500)),
    (modbus.flash_on(7, 0, 6000), modbus.flash_on(7, 0, 6000)),
    (modbus.read_coil(1, 2), modbus.coil_states(1, [True])),
    (modbus.read_coil(1, 2, at_once=8), modbus.coil_states(1, [True] * 8)),
    (modbus.read_inputs(1, 8), modbus.input_states(1, [False, True] * 4)),
)


def flip(chance: random.Random, frame: bytes) -> bytes:
    """Change one to three bits, or some within 16 neighbouring ones: the CRC finds all of these."""
    bits = int.from_bytes(frame, "big")
    size = len(frame) * 8
    if chance.random() < 0.5:
        mask = sum(1 << bit for bit in chance.sample(range(size), chance.randint(1, 3)))
    else:
        mask = chance.randrange(1, 1 << 16) << chance.randrange(size - 15)
    return (bits ^ mask).to_bytes(len(frame), "big")


def spoil(chance: random.Random, frame: bytes) -> bytes:
    """Flip bits, or lose, double or add bytes."""
    how, at = chance.randrange(4), chance.randrange(len(frame))
    if how == 0:
        return flip(chance, frame)
    if how == 1:
        return frame[:at] + frame[at + chance.randint(1, 8) :]
    if how == 2:
        return frame[:at] + frame[at:][: chance.randint(1, 8)] + frame[at:]
    return frame[:at] + chance.randbytes(chance.randint(1, 8)) + frame[at:]


def check_codes(frames: int, seed: int) -> int:
    """Return how many codes came through whole: only what was added to them was damaged."""
    chance, whole = random.Random(seed), 0
    profiles, key = tuple(PROFILES.values()), key_of("phone")
    for _ in range(frames):
        profile, code = chance.choice(profiles), chance.choice((SHORT, LONG))
        scanner = open_scanner(profile)
        for line in scanner.feed(spoil(chance, frames_of(profile, code))) + scanner.idle():
            if line == code:
                whole += 1
            else:
                decision = judge(line, TS, key)
                assert not decision.granted, (profile.name, line)
    return whole


def check_boards(frames: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(frames):
        sent, answer = chance.choice(ANSWERS)
        reply = ReplyReader(sent, coil=2).feed(flip(chance, answer))
        assert not isinstance(reply, Echo | CoilState | InputStates), (sent, reply)


LONG_FORM = [pytest.mark.thorough, pytest.mark.timeout(5400)]
FRAMES = [2_000, pytest.param(500_000, marks=LONG_FORM)]


@pytest.mark.parametrize("frames", FRAMES)
def test_no_damaged_code_is_granted(frames: int) -> None:
    assert check_codes(frames, seed=frames) < frames / 5


@pytest.mark.parametrize("frames", FRAMES)
def test_no_damaged_answer_of_a_board_confirms_a_pulse(frames: int) -> None:
    check_boards(frames, seed=frames)


@pytest.mark.planted_fault("a signature is not verified")
def test_a_door_that_verifies_no_signature_fails_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codes, "verify_possession", lambda token, key: True)
    with pytest.raises(AssertionError):
        check_codes(2_000, seed=1)


@pytest.mark.planted_fault("a check sum is not compared")
def test_a_line_that_compares_no_check_sum_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReplyReader, "_find", find_unchecked)
    with pytest.raises(AssertionError):
        check_boards(2_000, seed=1)
