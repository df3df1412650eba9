"""A door whose reader is on the way out."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from firmware_bridge.door.door import Door
from firmware_bridge.door.reader import decision_event
from firmware_bridge.wire.messages.changes import SharedGrant
from firmware_bridge.wire.messages.site import Door as DoorSite
from firmware_bridge.wire.messages.site import Site, read_site
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.words import LEAVING
from tests.world.rig import DOOR, GYM, OTHER_DOOR, SITE, Phone, Stand

OUT = DoorSite(OTHER_DOOR, "Gym, way out", GYM, direction="out")
BOTH = replace(SITE, doors=(SITE.doors[0], OUT))


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def stand(tmp_path: Path, phone: Phone) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    stand.know(phone.holder, site=BOTH)
    yield stand
    stand.close()


@pytest.fixture
def way_out(stand: Stand) -> Door:
    return stand.new_door(OTHER_DOOR)


def test_who_came_in_leaves_by_the_same_code_and_only_once(
    stand: Stand, phone: Phone, way_out: Door
) -> None:
    code = stand.code(phone).encode()
    assert stand.scan(code).opened
    assert way_out.handle_scan(code).opened
    stand.clock.step(10)
    assert way_out.handle_scan(code).decision.reason is Reason.REPLAYED
    assert [entry.leaving for entry in stand.entries()] == [False, True, True]
    assert stand.scan(code).decision.reason is Reason.REPLAYED


def test_a_code_that_has_left_comes_in(stand: Stand, phone: Phone, way_out: Door) -> None:
    code = stand.code(phone).encode()
    assert way_out.handle_scan(code).opened
    assert stand.scan(code).opened, "the way out uses up no way in"


def test_leaving_is_no_visit_to_anti_passback(stand: Stand, phone: Phone, way_out: Door) -> None:
    assert way_out.handle_scan(stand.code(phone).encode()).opened
    stand.clock.step(10)
    assert not stand.scan(stand.code(phone)).decision.passback


def test_a_suspended_person_leaves_through_a_blocked_door(
    stand: Stand, phone: Phone, way_out: Door
) -> None:
    suspended = replace(phone.holder, suspended=True)
    stand.know(suspended, site=replace(BOTH, doors=(replace(OUT, state="lockdown"),)))
    answer = way_out.handle_scan(stand.code(phone).encode())
    assert answer.opened
    event = decision_event(OTHER_DOOR, answer, stand.clock.monotonic())
    assert (event["leaving"], event["words"]) == (True, asdict(LEAVING))


def test_a_strike_in_vain_lets_the_same_code_leave_later(
    stand: Stand, phone: Phone, way_out: Door
) -> None:
    code = stand.code(phone).encode()
    stand.relay_works = False
    assert way_out.handle_scan(code).decision.reason is Reason.DOOR_FAULT
    stand.relay_works = True
    assert way_out.handle_scan(code).opened


def test_who_leaves_is_not_the_first_person(stand: Stand, phone: Phone, way_out: Door) -> None:
    assert way_out.handle_scan(stand.code(phone).encode()).opened
    assert way_out.runner.came_in_at is None
    assert stand.journal.last_came_in(OTHER_DOOR) is None


def test_a_code_that_left_by_another_box_leaves_no_second_time(
    stand: Stand, phone: Phone, way_out: Door
) -> None:
    at = int(stand.clock.now())
    grant = SharedGrant(phone.holder.holder, GYM.area, phone.kid, at, at, leaving=True)
    stand.elsewhere.apply([grant], 1, at)
    code = stand.code(phone).encode()
    assert way_out.handle_scan(code).decision.reason is Reason.REPLAYED
    assert stand.scan(code).opened


def test_an_older_bridge_gets_a_way_out_as_a_blocked_door() -> None:
    [spoken] = [one.to_json() for one in BOTH.spoken(4).doors if one.door == OTHER_DOOR]
    assert (spoken["state"], "direction" in spoken) == ("blocked", False)
    assert BOTH.spoken(5) == BOTH


def test_a_way_that_only_a_newer_server_knows_is_blocked() -> None:
    raw = Site((OUT,), {}).to_json()
    raw["doors"][0]["direction"] = "up"
    site, faults = read_site(raw)
    assert site is not None
    assert [(door.door, door.state) for door in site.doors] == [(OTHER_DOOR, "blocked")]
    assert [fault.door for fault in faults] == [OTHER_DOOR]


def test_a_door_without_a_way_is_the_way_in() -> None:
    assert DoorSite.from_json(SITE.doors[0].to_json()).direction == "in"
    assert DoorSite.from_json(OUT.to_json()) == OUT
    assert DOOR != OTHER_DOOR
