"""Remote door commands: stored before the strike, executed at most once, refused when expired."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.door.commands import execute_command, execute_commands
from firmware_bridge.sim.relay import Pulse
from firmware_bridge.sync.alarms import Alarms
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.messages.site import Site
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR, OTHER_DOOR, SITE, Rig, Stand, eventually, now, rigged


def a_command(at: float, *, lasts: int = 30, door: str = DOOR) -> DoorCommand:
    return DoorCommand(str(uuid.uuid4()), door, "open_once", int(at) + lasts)


def outcomes(stand: Stand) -> list[tuple[str, bool, str | None, str | None]]:
    return [(entry.kind, entry.granted, entry.reason, entry.ref) for entry in stand.entries()]


def test_a_command_opens_the_door_once_and_is_stored(stand: Stand) -> None:
    order = a_command(stand.clock.now())
    assert execute_command(stand.door, order) == "opened"
    assert stand.strikes == [stand.door.site.strike_ms]
    assert outcomes(stand) == [("opened_by_desk", True, Reason.GRANTED, order.order)]


def test_a_repeated_command_opens_nothing_also_after_a_restart(stand: Stand) -> None:
    order = a_command(stand.clock.now())
    execute_command(stand.door, order)
    assert execute_command(stand.door, order) is None
    stand.restart()
    assert execute_command(stand.door, order) is None
    assert len(stand.strikes) == len(stand.entries()) == 1
    assert stand.journal.verify_chain() == 1


def test_an_expired_command_is_refused(stand: Stand) -> None:
    order = a_command(stand.clock.now())
    stand.clock.step(order.expires - stand.clock.now())
    assert execute_command(stand.door, order) == "expired"
    stand.clock.step(-10)
    assert execute_command(stand.door, order) is None
    assert stand.strikes == []
    assert outcomes(stand) == [("order_refused", False, Reason.EXPIRED, order.order)]


def test_with_an_unset_clock_a_command_is_refused(stand: Stand) -> None:
    order = a_command(stand.clock.now())
    stand.clock.start_anew(1000.0)
    assert execute_command(stand.door, order) == "clock_unset"
    assert stand.strikes == []


@pytest.mark.parametrize(
    ("state", "reason"), [("blocked", Reason.DOOR_BLOCKED), ("lockdown", Reason.LOCKDOWN)]
)
def test_a_blocked_door_refuses_a_command(stand: Stand, state: str, reason: Reason) -> None:
    stand.know(site=Site(tuple(replace(door, state=state) for door in SITE.doors), SITE.issuers))
    order = a_command(stand.clock.now())
    assert execute_command(stand.door, order) == reason.value
    assert (stand.strikes, outcomes(stand)) == ([], [("order_refused", False, reason, order.order)])


def test_a_relay_fault_refers_to_the_command(stand: Stand) -> None:
    stand.relay_works = False
    order = a_command(stand.clock.now())
    assert execute_command(stand.door, order) == "relay_fault"
    assert [(entry.kind, entry.ref) for entry in stand.entries()] == [
        ("opened_by_desk", order.order),
        ("relay_fault", order.order),
    ]


def test_on_a_full_disk_a_command_is_refused(stand: Stand) -> None:
    stand.journal._reserve.release()
    order = a_command(stand.clock.now())
    assert execute_command(stand.door, order) == "journal_full"
    assert (stand.strikes, stand.entries()) == ([], [])
    stand.journal.reclaim()
    assert execute_command(stand.door, order) == "opened"


def test_a_bad_command_is_set_aside_and_the_next_one_executed(stand: Stand) -> None:
    good = a_command(stand.clock.now())
    rows = [
        {"order": "x"},
        a_command(stand.clock.now(), door=OTHER_DOOR).to_json(),
        7,
        good.to_json(),
    ]
    events: list[dict[str, object]] = []
    unknown: list[str] = []
    errors = execute_commands({DOOR: stand.door}, rows, events.append, unknown.append)
    assert (len(errors), [event["order"] for event in events]) == (3, [good.order])
    assert unknown == ["", ""]


def test_a_command_of_a_newer_server_is_refused_once_and_is_an_alarm(stand: Stand) -> None:
    newer = replace(a_command(stand.clock.now()), kind="hold_open")
    events: list[dict[str, object]] = []
    alarms = Alarms(stand.journal, stand.roster, stand.clock)
    for _ in range(2):
        rows = [newer.to_json()]
        assert not execute_commands(
            {DOOR: stand.door}, rows, events.append, alarms.set_unknown_word
        )
    assert outcomes(stand) == [("order_refused", False, Reason.UNKNOWN_TYPE, newer.order)]
    assert (stand.strikes, len(events)) == ([], 1)
    assert alarms.format() == f"unknown_word:{DOOR}"


@pytest.mark.parametrize(
    "bad",
    [{"order": "1"}, {"kind": 7}, {"expires": -1}, {"expires": "soon"}, {"door": 5}],
)
def test_a_command_of_another_shape_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(MessageError):
        DoorCommand.from_json(a_command(now()).to_json() | bad)


def check_executed_once(rig: Rig, planted: str = "") -> None:
    """A command that is fetched repeatedly, also after a kill, opens the door once."""
    rig.peer.orders.append(a_command(now()))
    rig.start(planted=planted)
    rig.event("order", outcome="opened")
    for _ in range(2):
        wanted = len(rig.peer.statuses) + 3
        eventually(lambda least=wanted: len(rig.peer.statuses) >= least, "more requests")  # type: ignore[misc]  # bound per round
        rig.kill()
        rig.start(planted=planted)
    assert len(rig.relay.pulses) == 1
    opened = [entry for entry in rig.entries() if entry.kind == "opened_by_desk"]
    assert [entry.ref for entry in opened] == [rig.peer.orders[0].order]
    eventually(
        lambda: opened[0].uuid in {entry["uuid"] for entry in rig.peer.entries.values()},
        "the entry is uploaded",
    )


def test_a_command_that_is_fetched_repeatedly_opens_once(rig: Rig) -> None:
    check_executed_once(rig)


@pytest.mark.thorough
@pytest.mark.planted_fault("executed commands are not recorded")
def test_a_bridge_that_does_not_record_commands_fails_the_check(rig: Rig) -> None:
    with pytest.raises(AssertionError):
        check_executed_once(rig, planted="commands_not_recorded")


def check_strike_of_a_command_has_its_entry(folder: Path, planted: str = "") -> None:
    """When the bridge is killed as the relay reads the strike, the command's entry is on disk."""
    kill: list[Callable[[], None]] = []

    def on_pulse(_pulse: Pulse) -> None:
        kill[0]()

    with rigged(folder, on_pulse=on_pulse) as rig:
        rig.start(planted=planted)
        assert rig.process is not None
        kill.append(rig.process.kill)
        rig.peer.orders.append(a_command(now()))
        eventually(lambda: rig.relay.pulses, "the strike")
        rig.kill()
        assert [entry.kind for entry in rig.entries()].count("opened_by_desk") == 1


def test_killed_at_the_strike_of_a_command_its_entry_is_there(tmp_path: Path) -> None:
    check_strike_of_a_command_has_its_entry(tmp_path)


@pytest.mark.thorough
@pytest.mark.planted_fault("a command that strikes before it commits")
def test_a_command_that_strikes_before_it_commits_fails_the_check(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check_strike_of_a_command_has_its_entry(tmp_path, planted="strike_before_store")
