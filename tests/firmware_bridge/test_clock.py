"""The clock of the bridge: its time and its state."""

from firmware_bridge.clock import BUILD_TIME, SYNC_SECONDS, Clock, monotonic
from tests.world.rig import SteppedClock


def test_the_real_clock_runs() -> None:
    clock = Clock()
    assert clock.now() > BUILD_TIME
    assert clock.monotonic() <= monotonic()


def test_a_clock_before_the_build_is_unset() -> None:
    clock = SteppedClock()
    clock.wall = 0.0
    assert clock.state() == "unset"


def test_a_clock_before_the_newest_entry_is_unset_except_for_a_small_step() -> None:
    clock = SteppedClock(floor=SteppedClock().wall)
    assert clock.state() == "holdover"
    clock.wall -= 59
    assert clock.state() == "holdover"
    clock.wall -= 10
    assert clock.state() == "unset"


def test_the_server_sets_an_unset_clock() -> None:
    clock = SteppedClock()
    right, clock.wall = clock.wall, 5.0
    clock.sync_from_server(right, asked_at=clock.mono)
    assert (clock.state(), clock.now()) == ("synced", right)
    clock.step(7)
    assert clock.now() == right + 7


def test_a_system_clock_that_agrees_is_kept() -> None:
    clock = SteppedClock()
    clock.sync_from_server(clock.wall + 1.5, asked_at=clock.mono)
    assert clock.now() == clock.wall


def test_half_of_the_round_trip_is_added_to_the_servers_time() -> None:
    clock = SteppedClock()
    asked_at = clock.mono
    clock.step(4)
    clock.sync_from_server(clock.wall + 100, asked_at)
    assert clock.now() == clock.wall + 102


def test_without_contact_a_synced_clock_changes_to_holdover() -> None:
    clock = SteppedClock()
    clock.sync_from_server(clock.wall, asked_at=clock.mono)
    clock.step(SYNC_SECONDS - 1)
    assert clock.state() == "synced"
    clock.step(2)
    assert clock.state() == "holdover"


def test_the_server_corrects_a_floor_far_in_the_future() -> None:
    clock = SteppedClock(floor=4_000_000_000)
    assert clock.state() == "unset"
    clock.sync_from_server(clock.wall, asked_at=clock.mono)
    assert clock.state() == "synced"
