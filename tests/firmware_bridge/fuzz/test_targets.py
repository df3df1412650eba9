"""The short form of fuzzing: the same targets, with a mutator of ours and no instrumentation."""

import os
import random

import pytest

from firmware_bridge.devices import modbus
from firmware_bridge.devices.line import LineReader
from firmware_bridge.devices.modbus import ReplyReader
from firmware_bridge.sync import channel
from firmware_bridge.wire import token as codes
from tests.firmware_bridge.fuzz import targets
from tests.firmware_bridge.fuzz.targets import TARGETS, Target, find_unchecked, quick_crc16

RUNS = 2000
MANY = 20_000


def mutate(chance: random.Random, target: Target) -> bytes:
    """A sound input with some bytes changed, lost, doubled or put in."""
    data = bytearray(chance.choice(target.begin))
    for _ in range(chance.randrange(1, 6)):
        at, kind = chance.randrange(len(data) + 1), chance.randrange(5)
        if kind == 0:
            data[at:at] = chance.randbytes(chance.randrange(1, 5))
        elif kind == 1:
            del data[at : at + chance.randrange(1, 9)]
        elif kind == 2:
            data[at : at + 1] = bytes([chance.choice(b'\x00\x01\x7f\x80\xff\r\n"[]{}')])
        elif kind == 3:
            data[at:at] = data[at : at + chance.randrange(1, 64)]
        else:
            data[at : at + 1] = chance.randbytes(1)
    return bytes(data)


def check_target(name: str, runs: int, seed: int = 1) -> None:
    """Run a target on its sound inputs and on so many changed ones."""
    target, chance = TARGETS[name], random.Random(seed)
    for begin in target.begin:
        target.run(begin)
    for _ in range(runs):
        data = mutate(chance, target)
        try:
            target.run(data)
        except Exception as error:
            error.add_note(f"{name}: {data!r}")
            raise


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_from_outside_break_a_promise(name: str) -> None:
    check_target(name, RUNS)


@pytest.mark.thorough
@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("name", TARGETS)
def test_many_bytes_from_outside_break_no_promise(name: str) -> None:
    check_target(name, int(os.environ.get("ZONE_FUZZ_RUNS", MANY)), seed=2)


@pytest.mark.planted_fault("a reader that fails on what it cannot read, grants it, or keeps it")
@pytest.mark.parametrize(
    ("name", "owner", "attribute", "broken"),
    [
        ("scanners", LineReader, "idle", lambda reader: []),
        ("token", codes, "verify_possession", lambda token, key: True),
        ("boards", ReplyReader, "_find", find_unchecked),
        ("messages", targets, "read_issuers", lambda raw: raw["issuers"]),
        ("answers", channel, "checked_body", lambda reply: reply.body["code"]),
    ],
)
def test_a_reader_with_a_fault_fails_the_check(
    name: str, owner: object, attribute: str, broken: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, attribute, broken)
    with pytest.raises(Exception):  # noqa: B017, PT011 -- whatever the fault leads to
        check_target(name, RUNS)


def test_the_quick_check_sum_is_that_of_the_boards() -> None:
    chance = random.Random(1)
    for size in range(40):
        data = chance.randbytes(size)
        assert quick_crc16(data) == modbus.crc16(data)
