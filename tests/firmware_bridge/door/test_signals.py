"""Which lamp and which buzzer of a door tells of what."""

from collections.abc import Callable
from functools import partial

import pytest

from firmware_bridge.door.passage import Kind
from firmware_bridge.door.signals import DoorSignals, Occasion, Signal


class Lamps:
    """A green and a red lamp, and a buzzer for refusals and alarms; what they were told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.signals = DoorSignals(
            [
                self.signal("green", "granted", 0),
                self.signal("buzz", "granted", 200),
                self.signal("red", "refused", 1500),
                self.signal("siren", "alarm", 1000),
            ]
        )

    def signal(self, name: str, on: Occasion, ms: int) -> Signal:
        return Signal(on, ms, lambda lit: self.told.append((name, lit)))

    def after(self, do: Callable[[], object]) -> list[tuple[str, int]]:
        self.told.clear()
        do()
        return list(self.told)


@pytest.fixture
def lamps() -> Lamps:
    return Lamps()


def test_green_lasts_as_long_as_the_strike_and_ends_when_the_door_is_open(lamps: Lamps) -> None:
    signals = lamps.signals
    assert lamps.after(lambda: signals.opened(15_000)) == [("green", 15_000), ("buzz", 200)]
    assert lamps.after(signals.relocked) == [("green", 0)]


def test_a_door_that_is_open_to_everybody_is_green_without_a_sound(lamps: Lamps) -> None:
    assert lamps.after(lambda: lamps.signals.opened(6000, False)) == [("green", 6000)]


def test_red_ends_where_the_next_person_is_let_in(lamps: Lamps) -> None:
    signals = lamps.signals
    assert lamps.after(signals.refused) == [("red", 1500)]
    assert lamps.after(lambda: signals.opened(5000))[0] == ("red", 0)
    assert ("red", 0) not in lamps.after(lambda: signals.opened(5000))


@pytest.mark.parametrize("kind", ["forced_open", "held_open_warning", "held_open"])
def test_an_alarm_is_told_again_until_the_door_is_shut(lamps: Lamps, kind: Kind) -> None:
    signals = lamps.signals
    assert lamps.after(lambda: signals.tick(0.0)) == []
    signals.note_fact(kind)
    for at, told in ((10.0, 1), (10.5, 0), (11.0, 1), (11.9, 0), (12.1, 1)):
        assert lamps.after(partial(signals.tick, at)) == [("siren", 1000)] * told
    assert lamps.after(lambda: signals.note_fact("closed")) == [("siren", 0)]
    assert lamps.after(lambda: signals.tick(20.0)) == []
    assert lamps.after(lambda: signals.note_fact("closed")) == []


def test_what_is_no_alarm_tells_nothing(lamps: Lamps) -> None:
    kinds: list[Kind] = ["opened", "closed", "not_opened", "exit_request"]
    for kind in kinds:
        assert lamps.after(partial(lamps.signals.note_fact, kind)) == []
    assert lamps.after(lambda: lamps.signals.tick(1.0)) == []
