"""A door with a contact: entries, the lock, the alarm, and who may come in again."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.door.budget import ROWS
from firmware_bridge.door.commands import execute_command
from firmware_bridge.door.doorway import Doorway
from firmware_bridge.door.runner import Runner
from firmware_bridge.events import Event
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.site import Door as DoorSite
from tests.world.rig import DOOR, GYM, SITE, Phone, Stand


class ContactStand(Stand):
    """A door whose contact a test moves."""

    def __init__(self, folder: Path, *phones: Phone) -> None:
        super().__init__(folder, *(phone.holder for phone in phones))
        self.cuts, self.held = 0, [False]
        self.events: list[Event] = []
        self.doorway = Doorway(
            self.door.runner, self.clock, self, self.events.append, self.set_held, self.door
        )
        self.door.runner.on_strike = self.doorway.struck
        self.doorway.contact_moved(False)

    def cut(self) -> bool:
        self.cuts += 1
        return True

    def set_held(self, held: bool) -> None:
        if held != self.held[-1]:
            self.held.append(held)

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries()]

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.step(1)
            self.doorway.tick(self.clock.monotonic())


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def stand(tmp_path: Path, phone: Phone) -> Iterator[ContactStand]:
    stand = ContactStand(tmp_path, phone)
    yield stand
    stand.close()


def test_the_lock_holds_again_as_soon_as_the_door_is_open(
    stand: ContactStand, phone: Phone
) -> None:
    assert stand.scan(stand.code(phone)).opened
    stand.clock.step(1)
    stand.doorway.contact_moved(True)
    assert stand.cuts == 1
    stand.doorway.contact_moved(False)
    stand.pass_time(10)
    assert stand.kinds() == ["scan"], "a door that is used makes no further entries"
    assert [event["what"] for event in stand.events] == ["opened", "closed"]


def check_nobody_went_in(stand: ContactStand, phone: Phone) -> None:
    code = stand.code(phone)
    scan = stand.scan(code)
    assert scan.opened
    stand.pass_time(7)
    [granted, unused] = stand.entries()
    assert (unused.kind, unused.ref) == ("not_opened", granted.uuid)
    again = stand.scan(code)
    assert (again.opened, again.repeat) == (True, False)


def test_who_did_not_go_in_may_come_in_with_the_same_code(
    stand: ContactStand, phone: Phone
) -> None:
    hard = replace(GYM, passback="hard", passback_seconds=300)
    doors = (DoorSite(DOOR, "Gym", hard),)
    stand.know(phone.holder, site=replace(SITE, doors=doors))
    check_nobody_went_in(stand, phone)


@pytest.mark.planted_fault("a grant that nobody used goes on counting")
def test_a_grant_that_is_not_withdrawn_fails_the_check(
    stand: ContactStand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runner, "withdraw_unused", lambda self, grant: None)
    with pytest.raises((AssertionError, ValueError)):
        check_nobody_went_in(stand, phone)


def test_a_forced_door_is_an_entry(stand: ContactStand) -> None:
    stand.doorway.contact_moved(True)
    assert stand.kinds() == ["forced_open"]
    assert stand.cuts == 0


def test_a_door_held_open_is_an_alarm_until_it_is_shut(stand: ContactStand) -> None:
    stand.doorway.exit_moved(True)
    stand.doorway.exit_moved(False)
    stand.doorway.contact_moved(True)
    stand.pass_time(29)
    assert stand.held == [False]
    stand.pass_time(2)
    assert stand.held == [False, True]
    stand.doorway.contact_moved(False)
    assert stand.held == [False, True, False]
    assert stand.kinds() == ["exit_request", "held_open_warning", "held_open"]


def test_how_long_a_door_may_be_open_is_said_at_the_server(stand: ContactStand) -> None:
    slow = replace(SITE.doors[0], held_warning_seconds=60, held_alarm_seconds=90)
    stand.know(site=replace(SITE, doors=(slow, *SITE.doors[1:])))
    stand.doorway.exit_moved(True)
    stand.doorway.contact_moved(True)
    stand.pass_time(85)
    assert (stand.kinds(), stand.held) == (["exit_request", "held_open_warning"], [False])
    stand.pass_time(10)
    assert stand.held == [False, True]


def test_a_board_that_falls_silent_takes_no_visit_back(stand: ContactStand, phone: Phone) -> None:
    stand.scan(stand.code(phone))
    stand.doorway.contact_moved(None)
    stand.pass_time(20)
    stand.doorway.contact_moved(False)
    stand.pass_time(20)
    assert stand.kinds() == ["scan"]


def test_a_contact_that_flutters_does_not_fill_the_journal(stand: ContactStand) -> None:
    for _ in range(1000):
        stand.doorway.contact_moved(True)
        stand.doorway.contact_moved(False)
    assert len(stand.entries()) == ROWS
    assert len(stand.events) == 2000


def test_who_opens_in_time_has_come_in_though_the_contact_is_read_late(
    stand: ContactStand, phone: Phone
) -> None:
    stand.scan(stand.code(phone))
    stand.pass_time(4)
    looked_at = stand.clock.monotonic()
    # The door is opened now; the disk, or another board of the line, holds up the readings.
    stand.clock.step(5)
    stand.doorway.tick(looked_at)
    stand.doorway.contact_moved(True)
    assert stand.kinds() == ["scan"]
    assert [event["what"] for event in stand.events] == ["opened"]


def test_a_later_grant_of_the_same_phone_outlives_an_earlier_one_in_vain(
    stand: ContactStand, phone: Phone
) -> None:
    stand.scan(stand.code(phone))
    stand.pass_time(5)
    stand.clock.step(0.5)
    code = stand.code(phone)
    second = stand.scan(code)
    assert (second.opened, second.repeat) == (True, False)
    stand.pass_time(2)
    assert stand.kinds() == ["scan", "scan", "not_opened"]
    shown_again = stand.scan(code)
    assert (shown_again.uuid, shown_again.repeat) == (second.uuid, True)


def uploadable(stand: ContactStand) -> list[str]:
    batch = stand.journal.batch()
    rows = [] if batch is None else batch.upload.rows
    return [Entry.from_json(row).kind for row in rows]


def test_the_server_hears_of_a_grant_when_it_is_known_whether_somebody_went_in(
    stand: ContactStand, phone: Phone
) -> None:
    stand.scan(stand.code(phone))
    stand.pass_time(3)
    assert uploadable(stand) == [], "it would count a visit, and activate a pass"
    stand.pass_time(4)
    assert uploadable(stand) == ["scan", "not_opened"]
    stand.scan(stand.code(phone))
    stand.doorway.contact_moved(True)
    assert uploadable(stand) == ["scan", "not_opened", "scan"]
    stand.pass_time(10)
    stand.scan(stand.code(phone))
    assert uploadable(stand)[3:] == ["scan"], "it stands open"


def test_a_grant_is_sent_where_the_contact_falls_silent(stand: ContactStand, phone: Phone) -> None:
    stand.scan(stand.code(phone))
    stand.doorway.contact_moved(None)
    assert uploadable(stand) == ["scan"]


def test_the_desk_hears_at_once_that_its_command_opened_the_door(stand: ContactStand) -> None:
    order = DoorCommand(str(uuid.uuid4()), DOOR, "open_once", int(stand.clock.now()) + 30)
    assert execute_command(stand.door, order) == "opened"
    assert uploadable(stand) == ["opened_by_desk"]


def test_a_light_is_green_no_longer_once_the_lock_holds_again(
    stand: ContactStand, phone: Phone
) -> None:
    code = stand.code(phone)
    stand.scan(code)
    stand.clock.step(1)
    stand.doorway.contact_moved(True)
    again = stand.scan(code)
    assert (again.repeat, again.light(stand.clock.monotonic())) == (True, "off")


def test_the_door_does_not_fall_shut_before_the_second_of_two(
    stand: ContactStand, phone: Phone
) -> None:
    other = Phone()
    stand.know(phone.holder, other.holder)
    for one in (phone, other):
        assert stand.scan(stand.code(one)).opened
        stand.clock.step(1)
    stand.doorway.contact_moved(True)
    assert stand.cuts == 0
    shown_again = stand.scan(stand.code(other))
    assert shown_again.light(stand.clock.monotonic()) == "green"
