"""The simulated door with people: what they do shows on the contact."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.sim.doorway import BUTTON, CONTACT, SimulatedDoorway
from firmware_bridge.sim.relay import SimulatedRelay
from tests.world.rig import eventually


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[SimulatedRelay]:
    relay = SimulatedRelay(tmp_path / "relay")
    yield relay
    relay.close()


@pytest.fixture
def door(relay: SimulatedRelay) -> SimulatedDoorway:
    return SimulatedDoorway(relay)


def is_shut(relay: SimulatedRelay) -> bool:
    return CONTACT in relay.closed_inputs


def test_after_a_strike_somebody_opens_the_door_and_it_falls_shut(
    relay: SimulatedRelay, door: SimulatedDoorway
) -> None:
    assert is_shut(relay)
    door.struck()
    eventually(lambda: not is_shut(relay))
    eventually(lambda: is_shut(relay))


def test_who_leaves_the_door_open_leaves_it_so_until_it_is_shut(
    relay: SimulatedRelay, door: SimulatedDoorway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_bridge.sim.doorway.STANDS_OPEN", 0.01)
    door.set_habit("leave_open")
    door.struck()
    eventually(lambda: not is_shut(relay))
    door.act("shut")
    assert is_shut(relay)


def test_who_goes_out_presses_the_button_first(
    relay: SimulatedRelay, door: SimulatedDoorway
) -> None:
    door.act("go_out")
    assert BUTTON in relay.closed_inputs
    assert is_shut(relay)
    eventually(lambda: BUTTON not in relay.closed_inputs and not is_shut(relay))


def test_an_unknown_word_changes_nothing(relay: SimulatedRelay, door: SimulatedDoorway) -> None:
    for refuse in (door.set_habit, door.act):
        with pytest.raises(ValueError, match="tuple"):
            refuse("dance")
    assert is_shut(relay)
