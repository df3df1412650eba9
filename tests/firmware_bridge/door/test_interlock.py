"""The doors of an airlock: one is open at a time."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.door.commands import execute_command
from firmware_bridge.door.door import Door
from firmware_bridge.door.interlock import Interlock
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR, OTHER_DOOR, Phone, Stand


class Airlock(Stand):
    """Two doors on one box."""

    def __init__(self, folder: Path, *phones: Phone) -> None:
        super().__init__(folder, *(phone.holder for phone in phones))
        self.inner = self.new_door(OTHER_DOOR)
        self.interlock = Interlock()
        self.door.runner.interlock = self.inner.runner.interlock = self.interlock

    def at(self, door: Door, phone: Phone) -> Reason:
        return door.handle_scan(self.code(phone).encode()).decision.reason


@pytest.fixture
def phones() -> list[Phone]:
    return [Phone() for _ in range(3)]


@pytest.fixture
def airlock(tmp_path: Path, phones: list[Phone]) -> Iterator[Airlock]:
    airlock = Airlock(tmp_path, *phones)
    yield airlock
    airlock.close()


def test_a_door_stays_shut_while_the_other_is_open(airlock: Airlock, phones: list[Phone]) -> None:
    assert airlock.at(airlock.door, phones[0]) is Reason.GRANTED
    assert airlock.at(airlock.inner, phones[1]) is Reason.INTERLOCK, "its strike holds"
    airlock.interlock.moved(DOOR, True)
    airlock.clock.step(60)
    assert airlock.at(airlock.inner, phones[1]) is Reason.INTERLOCK
    assert airlock.at(airlock.door, phones[2]) is Reason.GRANTED, "its own contact is no obstacle"
    airlock.interlock.moved(DOOR, False)
    assert airlock.at(airlock.inner, phones[1]) is Reason.GRANTED
    assert [entry.reason for entry in airlock.entries()].count(Reason.INTERLOCK) == 2


def test_the_desk_opens_none_while_the_other_is_open(airlock: Airlock, phones: list[Phone]) -> None:
    airlock.interlock.moved(DOOR, True)
    order = DoorCommand(
        "22222222-2222-4222-8222-222222222222",
        OTHER_DOOR,
        "open_once",
        int(airlock.clock.now()) + 9,
    )
    assert execute_command(airlock.inner, order) == "interlock"


def test_a_contact_that_is_not_heard_counts_as_shut(airlock: Airlock, phones: list[Phone]) -> None:
    airlock.interlock.moved(DOOR, True)
    airlock.interlock.moved(DOOR, None)
    assert airlock.at(airlock.inner, phones[0]) is Reason.GRANTED


def race(interlock: Interlock) -> int:
    """Return the most doors that were given the way at once, of 200 races of two."""
    most = 0
    for number in range(200):
        at = number * 10.0
        start, won = threading.Barrier(2), []

        def claim(door: str, at: float = at, start: threading.Barrier = start) -> None:
            start.wait()
            if interlock.claim(door, at, at + 5):
                won.append(door)  # noqa: B023 -- each race is over before the next begins

        threads = [threading.Thread(target=claim, args=(door,)) for door in (DOOR, OTHER_DOOR)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        most = max(most, len(won))
    return most


def test_of_two_scans_at_once_one_door_opens() -> None:
    assert race(Interlock()) == 1


@pytest.mark.planted_fault("an interlock looks at contacts alone, which show a strike too late")
def test_an_interlock_without_a_reservation_fails_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Interlock, "claim", lambda self, door, at, until: not self._open - {door})
    assert race(Interlock()) == 2
