"""The clock of the bridge: its time and its state."""

import threading

import pytest

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


@pytest.mark.parametrize(("seconds", "state"), [(0, "holdover"), (59, "holdover"), (69, "unset")])
def test_a_clock_that_starts_before_the_newest_entry_is_unset_except_for_a_small_step(
    seconds: float, state: str
) -> None:
    clock = SteppedClock(floor=SteppedClock().wall)
    clock.wall -= seconds
    assert clock.state() == state


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


def check_a_step_changes_nothing(clock: SteppedClock, step: float) -> None:
    before = clock.now()
    clock.wall += step
    assert clock.now() == before
    clock.step(5)
    assert clock.now() == before + 5


STEPS = (-365 * 86400, -86400, -31, 31, 3600, 20 * 86400, 365 * 86400)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_the_system_clock_changes_nothing(step: float) -> None:
    offline = SteppedClock()
    check_a_step_changes_nothing(offline, step)
    assert offline.state() == "holdover"
    synced = SteppedClock()
    synced.sync_from_server(synced.wall, asked_at=synced.mono)
    check_a_step_changes_nothing(synced, step)
    assert synced.state() == "synced"


@pytest.mark.planted_fault("a clock that reads the system's each time")
def test_a_clock_that_follows_each_step_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteppedClock, "now", SteppedClock.system)
    with pytest.raises(AssertionError):
        check_a_step_changes_nothing(SteppedClock(), 31)


def test_the_servers_time_is_not_overwritten_by_a_scan_at_the_same_moment() -> None:
    class Interrupted(SteppedClock):
        """The server's answer arrives while a door reads the system clock."""

        syncing: threading.Thread | None = None

        def system(self) -> float:
            if self.syncing is None:
                server_time = self.wall - 3600
                self.syncing = threading.Thread(
                    target=self.sync_from_server, args=(server_time, self.mono)
                )
                self.syncing.start()
                self.syncing.join(0.2)  # without a lock it has set the clock by now
            return self.wall

    clock = Interrupted()
    clock.now()
    assert clock.syncing is not None
    clock.syncing.join()
    assert clock.now() == clock.wall - 3600


def test_a_clock_without_a_battery_follows_the_system_until_its_time_is_possible() -> None:
    clock = SteppedClock()
    right, clock.wall = clock.wall, 5.0
    assert clock.state() == "unset"
    clock.wall = right
    assert (clock.state(), clock.now()) == ("holdover", right)
    check_a_step_changes_nothing(clock, -86400)


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
