"""How many people may be inside, at the doors of one box."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.door.door import Door
from firmware_bridge.store.elsewhere import Elsewhere
from firmware_bridge.store.presence import Inside, Movement, Presence
from firmware_bridge.wire.messages.changes import SharedGrant
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.site import Door as DoorSite
from firmware_bridge.wire.messages.site import Site
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR, OTHER_DOOR, SITE, Phone, Stand
from tests.world.rig import GYM as ANY

GYM = replace(ANY, passback="off", occupancy_limit=1, stay_minutes=60)
OUT = "6f0a5a2c-52ce-4c8e-a3b4-0d6f4b8f2b03"
DOORS = (
    DoorSite(DOOR, "Gym", GYM),
    DoorSite(OTHER_DOOR, "Gym, side door", GYM),
    DoorSite(OUT, "Gym, way out", GYM, direction="out"),
)


def site(**area: object) -> Site:
    """The site, with its area changed."""
    doors = tuple(replace(one, area=replace(GYM, **area)) for one in DOORS)  # type: ignore[arg-type]  # by name
    return replace(SITE, doors=doors)


@pytest.fixture
def anna() -> Phone:
    return Phone()


@pytest.fixture
def bertta() -> Phone:
    return Phone()


@pytest.fixture
def stand(tmp_path: Path, anna: Phone, bertta: Phone) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    stand.know(anna.holder, bertta.holder, site=site())
    yield stand
    stand.close()


def comes(stand: Stand, phone: Phone) -> Reason:
    return stand.scan(stand.code(phone)).decision.reason


def leaves(stand: Stand, phone: Phone) -> Reason:
    return stand.new_door(OUT).handle_scan(stand.code(phone).encode()).decision.reason


def test_nobody_comes_in_where_it_is_full_until_somebody_leaves(
    stand: Stand, anna: Phone, bertta: Phone
) -> None:
    assert comes(stand, anna) is Reason.GRANTED
    assert comes(stand, bertta) is Reason.AREA_FULL
    stand.clock.step(10)
    assert leaves(stand, anna) is Reason.GRANTED
    assert comes(stand, bertta) is Reason.GRANTED
    stand.clock.step(10)
    assert comes(stand, anna) is Reason.AREA_FULL


def test_who_is_inside_comes_in_again(stand: Stand, anna: Phone) -> None:
    assert comes(stand, anna) is Reason.GRANTED
    stand.clock.step(20)
    assert comes(stand, anna) is Reason.GRANTED


def test_without_a_way_out_a_place_is_free_after_the_usual_stay(
    stand: Stand, anna: Phone, bertta: Phone
) -> None:
    assert comes(stand, anna) is Reason.GRANTED
    stand.clock.step(3599)
    assert comes(stand, bertta) is Reason.AREA_FULL
    stand.clock.step(1)
    assert comes(stand, bertta) is Reason.GRANTED


def test_a_higher_limit_holds_at_once(stand: Stand, anna: Phone, bertta: Phone) -> None:
    assert comes(stand, anna) is Reason.GRANTED
    assert comes(stand, bertta) is Reason.AREA_FULL
    stand.know(anna.holder, bertta.holder, site=site(occupancy_limit=2))
    stand.clock.step(1)
    assert comes(stand, bertta) is Reason.GRANTED


def test_a_strike_in_vain_takes_no_place(stand: Stand, anna: Phone, bertta: Phone) -> None:
    stand.relay_works = False
    assert comes(stand, anna) is Reason.DOOR_FAULT
    stand.relay_works = True
    assert comes(stand, bertta) is Reason.GRANTED


def test_who_was_let_in_and_did_not_go_takes_no_place(
    stand: Stand, anna: Phone, bertta: Phone
) -> None:
    assert comes(stand, anna) is Reason.GRANTED
    [grant] = stand.entries()
    stand.door.forget(grant)  # what the contact brings about, see `doorway`
    stand.clock.step(1)
    assert comes(stand, bertta) is Reason.GRANTED


def test_what_the_desk_opens_takes_no_place_and_needs_none(
    stand: Stand, anna: Phone, bertta: Phone
) -> None:
    assert comes(stand, anna) is Reason.GRANTED
    order = "0d000000-0000-4000-8000-000000000001"
    opened = Entry(0, OTHER_DOOR, DOOR, "opened_by_desk", 0, True, ref=order)
    assert stand.door.runner.handle(opened).until is not None
    assert stand.elsewhere.presence.look(GYM.area, None, 3600, stand.clock.now()).people == 1


def test_who_came_in_and_left_by_other_boxes_counts(
    stand: Stand, anna: Phone, bertta: Phone
) -> None:
    at = int(stand.clock.now())
    grant = SharedGrant(anna.holder.holder, GYM.area, anna.kid, at - 60, at - 60)
    stand.elsewhere.apply([grant], 1, at)
    assert comes(stand, bertta) is Reason.AREA_FULL
    stand.elsewhere.apply([grant, replace(grant, at=at - 5, leaving=True)], 2, at)
    stand.clock.step(1)
    assert comes(stand, bertta) is Reason.GRANTED


def restarted(stand: Stand) -> Presence:
    """Who is inside for a bridge that starts over this journal."""
    return Presence(stand.journal.movements(stand.clock.now() - 86_400))


def test_after_a_restart_the_journal_says_who_is_inside(
    stand: Stand, anna: Phone, bertta: Phone
) -> None:
    assert comes(stand, anna) is Reason.GRANTED
    stand.elsewhere = Elsewhere(restarted(stand))
    stand.restart()
    assert comes(stand, bertta) is Reason.AREA_FULL
    stand.clock.step(10)
    assert leaves(stand, anna) is Reason.GRANTED
    stand.elsewhere = Elsewhere(restarted(stand))
    stand.restart()
    assert comes(stand, bertta) is Reason.GRANTED


def test_after_a_restart_who_did_not_go_in_is_not_inside(stand: Stand, anna: Phone) -> None:
    stand.relay_works = False
    comes(stand, anna)
    assert restarted(stand).look(GYM.area, anna.holder.holder, 3600, stand.clock.now()) == Inside()


# Anti-passback until the person has left.


def test_hard_lets_in_again_who_has_left_and_timed_does_not(stand: Stand, anna: Phone) -> None:
    for mode, again in (("hard", Reason.GRANTED), ("timed", Reason.ANTI_PASSBACK)):
        stand.clock.step(7200)
        stand.know(anna.holder, site=site(passback=mode, passback_seconds=600))
        assert comes(stand, anna) is Reason.GRANTED
        stand.clock.step(20)
        assert comes(stand, anna) is Reason.ANTI_PASSBACK
        stand.clock.step(10)
        assert leaves(stand, anna) is Reason.GRANTED
        stand.clock.step(10)
        assert comes(stand, anna) is again
        stand.clock.step(600)
        assert comes(stand, anna) is Reason.GRANTED, "at the longest"


def test_who_left_in_vain_is_still_inside(stand: Stand, anna: Phone) -> None:
    stand.know(anna.holder, site=site(passback="hard", passback_seconds=600))
    assert comes(stand, anna) is Reason.GRANTED
    stand.clock.step(20)
    stand.relay_works = False
    assert leaves(stand, anna) is Reason.DOOR_FAULT
    stand.relay_works = True
    stand.clock.step(20)
    assert comes(stand, anna) is Reason.ANTI_PASSBACK


# The last place.


def let_in_at_once(stand: Stand, phones: list[Phone]) -> int:
    """How many of two people are let in who come to two doors when both see a free place."""
    doors = [stand.new_door(door) for door in (DOOR, OTHER_DOOR)]
    both_have_looked = threading.Barrier(2)

    def wait(door: Door) -> None:
        decided = door._unless_interlocked

        def after(decision):  # type: ignore[no-untyped-def]  # a method's own
            with suppress(threading.BrokenBarrierError):
                both_have_looked.wait(5)
            return decided(decision)

        door._unless_interlocked = after  # type: ignore[method-assign]

    opened: list[bool] = []
    for door in doors:
        wait(door)
    codes = [stand.code(phone).encode() for phone in phones]
    threads = [
        threading.Thread(
            target=lambda door=door, code=code: opened.append(door.handle_scan(code).opened)
        )
        for door, code in zip(doors, codes, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(opened)


def check_the_last_place_is_given_once(stand: Stand, phones: list[Phone]) -> None:
    assert let_in_at_once(stand, phones) == 1
    assert sorted(str(entry.reason) for entry in stand.entries()) == ["area_full", "granted"]
    assert [entry.code is None for entry in stand.entries() if not entry.granted] == [True]


def test_of_two_doors_one_gives_the_last_place_away(
    stand: Stand, anna: Phone, bertta: Phone
) -> None:
    check_the_last_place_is_given_once(stand, [anna, bertta])


@pytest.mark.planted_fault("the last place is looked at, and not taken")
def test_a_place_that_is_only_looked_at_fails_the_check(
    stand: Stand, anna: Phone, bertta: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enter(self: Presence, movement: Movement, stay: float | None, limit: int | None) -> bool:
        self.passed(movement)
        return True

    monkeypatch.setattr(Presence, "enter", enter)
    with pytest.raises(AssertionError):
        check_the_last_place_is_given_once(stand, [anna, bertta])


def test_an_older_bridge_gets_the_doors_of_an_area_with_a_limit_as_blocked() -> None:
    older, newer = site().spoken(4), site().spoken(5)
    assert newer == site()
    assert {door.state for door in older.doors} == {"blocked"}
    assert {door.area.occupancy_limit for door in older.doors} == {None}
    free = site(occupancy_limit=None, passback="timed").spoken(4)
    assert [(door.state, door.area.passback) for door in free.doors] == [
        ("normal", "hard"),
        ("normal", "hard"),
        ("blocked", "hard"),
    ]
