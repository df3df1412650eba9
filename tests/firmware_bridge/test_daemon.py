"""The process of the bridge: what it deletes by itself."""

from pathlib import Path

import pytest

from firmware_bridge import daemon
from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import KEEP_MS, Journal
from tests.firmware_bridge.store.test_journal import entry
from tests.world.rig import SteppedClock

LATER = KEEP_MS / 1000 + 86400


def a_settled_entry(folder: Path, at: float) -> Journal:
    journal = Journal(folder)
    journal.append(entry(at=int(at * 1000)), "gym")
    batch = journal.batch()
    assert batch is not None
    journal.settle(batch, batch.seqs)
    return journal


def check_a_wrong_clock_deletes_nothing(folder: Path) -> None:
    clock = SteppedClock()
    journal = a_settled_entry(folder, clock.wall)
    clock.start_anew(clock.wall + LATER)
    assert daemon.prune(journal, clock) == 0
    clock.sync_from_server(clock.wall, asked_at=clock.mono)
    assert daemon.prune(journal, clock) == 1
    journal.close()


def test_a_clock_that_the_server_has_not_confirmed_deletes_nothing(tmp_path: Path) -> None:
    check_a_wrong_clock_deletes_nothing(tmp_path)


@pytest.mark.planted_fault("entries are deleted by any clock")
def test_a_bridge_that_believes_any_clock_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_any(journal: Journal, clock: Clock) -> int:
        return journal.prune(clock.now())

    monkeypatch.setattr(daemon, "prune", by_any)
    with pytest.raises(AssertionError):
        check_a_wrong_clock_deletes_nothing(tmp_path)
