"""The doors of an airlock: one is open at a time."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.door.commands import execute_command
from firmware_bridge.door.door import Door
from firmware_bridge.door.doorway import Doorway
from firmware_bridge.door.interlock import Interlock
from firmware_bridge.door.runner import RELEASE_MS
from firmware_bridge.door.schedules import Moment, Schedule
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.site import Release
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR, OTHER_DOOR, SITE, Phone, Stand


class Airlock(Stand):
    """Two doors on one box."""

    def __init__(self, folder: Path, *phones: Phone) -> None:
        super().__init__(folder, *(phone.holder for phone in phones))
        self.inner = self.new_door(OTHER_DOOR)
        self.interlock = Interlock()
        self.door.runner.interlock = self.inner.runner.interlock = self.interlock

        self.cuts, self.confirms_cuts = 0, True

    def cut(self) -> bool:
        self.cuts += 1
        return self.confirms_cuts

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
    assert airlock.at(airlock.inner, phones[1]) is Reason.INTERLOCK, "that strike still holds"
    airlock.door.runner.cut(airlock)
    assert airlock.at(airlock.inner, phones[1]) is Reason.GRANTED
    assert [entry.reason for entry in airlock.entries()].count(Reason.INTERLOCK) == 3


def check_a_released_door_is_awaited(airlock: Airlock, phones: list[Phone]) -> None:
    assert airlock.door.runner.claim()
    assert airlock.door.runner.release() is not None
    airlock.clock.step(RELEASE_MS / 1000 - 0.1)
    assert airlock.at(airlock.inner, phones[0]) is Reason.INTERLOCK
    airlock.clock.step(0.2)
    assert airlock.at(airlock.inner, phones[0]) is Reason.GRANTED


def test_a_door_that_was_released_is_awaited_until_its_last_pulse_is_over(
    airlock: Airlock, phones: list[Phone]
) -> None:
    check_a_released_door_is_awaited(airlock, phones)


@pytest.mark.planted_fault("a pulse reserves the way for the time of a strike, not for its own")
def test_a_pulse_that_reserves_too_little_fails_the_check(
    airlock: Airlock, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Interlock, "hold", lambda self, door, until: None)
    with pytest.raises(AssertionError):
        check_a_released_door_is_awaited(airlock, phones)


def test_a_released_door_whose_board_is_silent_keeps_nobody_out_at_the_other(
    airlock: Airlock, phones: list[Phone]
) -> None:
    now = int(airlock.clock.now())
    released = replace(SITE.doors[0], releases=(Release(now, now + 3600),))
    airlock.know(phones[0].holder, site=replace(SITE, doors=(released, SITE.doors[1])))
    moment = Moment(now + 1, clock_set=True, fire=False, heard_at=now, came_in_at=None)
    schedule = Schedule(
        airlock.door.runner, airlock.clock, airlock, lambda: moment, lambda event: None
    )
    airlock.works = airlock.relay_works = False
    schedule.look(0.0)
    assert not airlock.inner.runner.claim(), "a strike from before the start may hold"
    airlock.clock.step(60)
    schedule.look(0.0)
    assert airlock.inner.runner.claim()
    airlock.works = airlock.relay_works = True
    airlock.clock.step(60)
    schedule.look(0.0)
    assert airlock.strikes == [RELEASE_MS]
    assert not airlock.inner.runner.claim()
    moment = replace(moment, now=now + 3601)
    schedule.look(0.0)
    airlock.clock.step(60)
    schedule.look(0.0)
    assert airlock.inner.runner.claim(), "a door that is not due reserves nothing"


def test_after_a_start_no_door_opens_while_a_strike_from_before_it_may_hold(
    airlock: Airlock, phones: list[Phone]
) -> None:
    moment = Moment(airlock.clock.now(), True, False, airlock.clock.now(), None)
    schedule = Schedule(
        airlock.door.runner, airlock.clock, airlock, lambda: moment, lambda event: None
    )
    airlock.confirms_cuts = False
    schedule.look(0.0)
    assert airlock.cuts == 0, "the contact is not known yet: the door may stand open"
    schedule.look(0.0)
    assert airlock.at(airlock.inner, phones[0]) is Reason.INTERLOCK
    airlock.confirms_cuts = True
    schedule.look(0.0)
    assert airlock.at(airlock.inner, phones[1]) is Reason.GRANTED
    schedule.look(0.0)
    assert airlock.cuts == 2, "what began since is not ended"


def test_who_goes_through_first_does_not_free_the_way_while_the_strike_of_another_holds(
    airlock: Airlock, phones: list[Phone]
) -> None:
    doorway = Doorway(
        airlock.door.runner,
        airlock.clock,
        airlock,
        lambda event: None,
        lambda held: None,
        airlock.door,
    )
    airlock.door.runner.on_strike = doorway.struck
    for people, free in ((phones[:2], False), (phones[2:], True)):
        doorway.contact_moved(False)
        for phone in people:
            assert airlock.at(airlock.door, phone) is Reason.GRANTED
        airlock.clock.step(0.5)
        doorway.contact_moved(True)
        doorway.contact_moved(False)
        assert airlock.inner.runner.claim() is free
        airlock.clock.step(60)


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


@pytest.mark.thorough
@pytest.mark.planted_fault("an interlock looks at contacts alone, which show a strike too late")
def test_an_interlock_without_a_reservation_fails_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Interlock, "claim", lambda self, door, at, until: not self._open - {door})
    assert race(Interlock()) == 2
