"""A bridge as a process with a board of another family, lamps, a buzzer and a contact."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.devices.board_profiles import BOARDS
from tests.firmware_bridge.door.test_commands import a_command
from tests.world.rig import Phone, Rig, eventually, now, rigged

SIGNALS = """contact = { input = 0 }
exit = { input = 1 }
signals = [
  { on = "granted", coil = 1 },
  { on = "refused", coil = 2, ms = 300 },
  { on = "alarm", coil = 3, ms = 500 },
]"""


@pytest.fixture
def lit(tmp_path: Path) -> Iterator[Rig]:
    with rigged(tmp_path, board=BOARDS["lctech"]) as rig:
        rig.write_config(more=SIGNALS, relay=', profile = "lctech"')
        rig.relay.closed_inputs.add(0)
        rig.start()
        yield rig


def pulses(rig: Rig) -> list[tuple[int, int]]:
    return [(pulse.flash.coil, pulse.flash.ms) for pulse in rig.relay.pulses]


def test_each_result_has_its_lamp_and_the_strike_comes_first(lit: Rig) -> None:
    phone = Phone()
    lit.know(phone)
    assert lit.scan(phone.code())["struck"]
    eventually(lambda: pulses(lit) == [(0, 5000), (1, 5000)])
    assert lit.scan("JUNK")["reason"] == "malformed"
    eventually(lambda: pulses(lit)[2:] == [(2, 300)])
    lit.relay.closed_inputs.discard(0)
    lit.event("doorway", what="opened")
    eventually(lambda: {0, 1} <= set(lit.relay.cuts), "the strike and the green light end")
    lit.relay.closed_inputs.add(0)
    lit.event("doorway", what="closed")


def test_a_forced_door_buzzes_until_it_is_shut(lit: Rig) -> None:
    lit.relay.closed_inputs.discard(0)
    lit.event("doorway", what="forced_open")
    eventually(lambda: pulses(lit)[:3] == [(3, 500)] * 3)
    lit.relay.closed_inputs.add(0)
    lit.event("doorway", what="closed")
    eventually(lambda: 3 in lit.relay.cuts)


def test_a_strike_of_the_desk_is_green_too(lit: Rig) -> None:
    lit.peer.orders.append(a_command(now()))
    eventually(lambda: pulses(lit) == [(0, 5000), (1, 5000)])
