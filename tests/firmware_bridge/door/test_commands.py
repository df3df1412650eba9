"""A door that staff open from afar: on disk before the strike, once whatever is sent twice, never too late."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.door.commands import execute_command, execute_commands
from firmware_bridge.sim.relay import Pulse
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.messages.roster import Site
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR, OTHER_DOOR, SITE, Rig, Stand, eventually, now, rigged


def an_order(at: float, *, lasts: int = 30, door: str = DOOR) -> DoorCommand:
    return DoorCommand(str(uuid.uuid4()), door, "open_once", int(at) + lasts)


def outcomes(stand: Stand) -> list[tuple[str, bool, Reason | None, str | None]]:
    return [(entry.kind, entry.granted, entry.reason, entry.ref) for entry in stand.entries()]


def test_an_order_opens_the_door_once_and_is_written_down(stand: Stand) -> None:
    order = an_order(stand.clock.now())
    assert execute_command(stand.door, order) == "opened"
    assert stand.strikes == [stand.door.site.strike_ms]
    assert outcomes(stand) == [("opened_by_desk", True, Reason.GRANTED, order.order)]


def test_sent_again_also_after_a_restart_it_opens_nothing(stand: Stand) -> None:
    order = an_order(stand.clock.now())
    execute_command(stand.door, order)
    assert execute_command(stand.door, order) is None
    stand.restart()
    assert execute_command(stand.door, order) is None
    assert len(stand.strikes) == len(stand.entries()) == 1
    assert stand.journal.verify_chain() == 1


def test_it_is_refused_at_the_end_of_its_time_by_the_clock_of_the_box(stand: Stand) -> None:
    order = an_order(stand.clock.now())
    stand.clock.step(order.expires - stand.clock.now())
    assert execute_command(stand.door, order) == "expired"
    stand.clock.step(-10)
    assert execute_command(stand.door, order) is None
    assert stand.strikes == []
    assert outcomes(stand) == [("order_refused", False, Reason.EXPIRED, order.order)]


def test_a_box_that_does_not_know_the_time_opens_nothing_from_afar(stand: Stand) -> None:
    order = an_order(stand.clock.now())
    stand.clock.wall = 1000.0
    assert execute_command(stand.door, order) == "clock_unset"
    assert stand.strikes == []


@pytest.mark.parametrize(
    ("state", "reason"), [("blocked", Reason.DOOR_BLOCKED), ("lockdown", Reason.LOCKDOWN)]
)
def test_a_door_that_is_shut_to_everybody_is_shut_to_the_desk(
    stand: Stand, state: str, reason: Reason
) -> None:
    stand.know(site=Site(tuple(replace(door, state=state) for door in SITE.doors), SITE.issuers))
    order = an_order(stand.clock.now())
    assert execute_command(stand.door, order) == reason.value
    assert (stand.strikes, outcomes(stand)) == ([], [("order_refused", False, reason, order.order)])


def test_a_relay_that_does_not_answer_is_told_under_the_orders_name(stand: Stand) -> None:
    stand.relay_works = False
    order = an_order(stand.clock.now())
    assert execute_command(stand.door, order) == "relay_fault"
    assert [(entry.kind, entry.ref) for entry in stand.entries()] == [
        ("opened_by_desk", order.order),
        ("relay_fault", order.order),
    ]


def test_with_a_full_disk_nothing_opens(stand: Stand) -> None:
    stand.journal._reserve.release()
    order = an_order(stand.clock.now())
    assert execute_command(stand.door, order) == "journal_full"
    assert (stand.strikes, stand.entries()) == ([], [])
    stand.journal.reclaim()
    assert execute_command(stand.door, order) == "opened"


def test_a_bad_order_is_set_aside_and_the_next_one_carried_out(stand: Stand) -> None:
    good = an_order(stand.clock.now())
    rows = [
        {"order": "x"},
        an_order(stand.clock.now(), door=OTHER_DOOR).to_json(),
        7,
        good.to_json(),
    ]
    told: list[dict[str, object]] = []
    aside = execute_commands({DOOR: stand.door}, rows, told.append)
    assert (len(aside), [event["order"] for event in told]) == (3, [good.order])


@pytest.mark.parametrize(
    "bad",
    [{"order": "1"}, {"kind": "hold_open"}, {"expires": -1}, {"expires": "soon"}, {"door": 5}],
)
def test_an_order_of_another_shape_is_unreadable(bad: dict[str, object]) -> None:
    with pytest.raises(MessageError):
        DoorCommand.from_json(an_order(now()).to_json() | bad)


def check_carried_out_once(rig: Rig, planted: str = "") -> None:
    """The property: fetched again and again, before and after the plug is pulled, an order opens once."""
    rig.peer.orders.append(an_order(now()))
    rig.start(planted=planted)
    rig.event("order", outcome="opened")
    for _ in range(2):
        asked = len(rig.peer.statuses)
        eventually(lambda least=asked + 3: len(rig.peer.statuses) >= least, "more questions")  # type: ignore[misc]  # a loop's own number
        rig.kill()
        rig.start(planted=planted)
    assert len(rig.relay.pulses) == 1
    opened = [entry for entry in rig.entries() if entry.kind == "opened_by_desk"]
    assert [entry.ref for entry in opened] == [rig.peer.orders[0].order]
    eventually(
        lambda: opened[0].uuid in {entry["uuid"] for entry in rig.peer.entries.values()},
        "the entry is told",
    )


def test_an_order_that_is_fetched_again_and_again_opens_once(rig: Rig) -> None:
    check_carried_out_once(rig)


@pytest.mark.planted_fault("a box that forgets what it has carried out")
def test_a_box_that_forgets_what_it_has_carried_out_fails_the_check(rig: Rig) -> None:
    with pytest.raises(AssertionError):
        check_carried_out_once(rig, planted="commands_not_recorded")


def check_strike_of_an_order_has_its_entry(folder: Path, planted: str = "") -> None:
    """The property of the first promise for orders: killed when the relay hears the strike, the entry is on disk."""
    kill: list[Callable[[], None]] = []

    def on_pulse(_pulse: Pulse) -> None:
        kill[0]()

    with rigged(folder, on_pulse=on_pulse) as rig:
        rig.start(planted=planted)
        assert rig.process is not None
        kill.append(rig.process.kill)
        rig.peer.orders.append(an_order(now()))
        eventually(lambda: rig.relay.pulses, "the strike")
        rig.kill()
        assert [entry.kind for entry in rig.entries()].count("opened_by_desk") == 1


def test_killed_at_the_strike_of_an_order_its_entry_is_there(tmp_path: Path) -> None:
    check_strike_of_an_order_has_its_entry(tmp_path)


@pytest.mark.planted_fault("an order that strikes before it commits")
def test_an_order_that_strikes_before_it_commits_fails_the_check(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check_strike_of_an_order_has_its_entry(tmp_path, planted="command_strikes_first")
