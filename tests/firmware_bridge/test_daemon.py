"""The process of the bridge: what it deletes by itself, and what it says of what is lost."""

import json
from pathlib import Path

import pytest

from firmware_bridge import maintenance
from firmware_bridge.clock import Clock
from firmware_bridge.maintenance import Maintenance
from firmware_bridge.store.journal import KEEP_MS, Journal
from firmware_bridge.watchdog import LoopWatch
from tests.firmware_bridge.store.test_journal import entry
from tests.world.rig import Phone, Rig, SteppedClock

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
    assert maintenance.prune(journal, clock) == 0
    clock.sync_from_server(clock.wall, asked_at=clock.mono)
    assert maintenance.prune(journal, clock) == 1
    journal.close()


def test_a_clock_that_the_server_has_not_confirmed_deletes_nothing(tmp_path: Path) -> None:
    check_a_wrong_clock_deletes_nothing(tmp_path)


@pytest.mark.planted_fault("entries are deleted by any clock")
def test_a_bridge_that_believes_any_clock_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_any(journal: Journal, clock: Clock) -> int:
        return journal.prune(clock.now())

    monkeypatch.setattr(maintenance, "prune", by_any)
    with pytest.raises(AssertionError):
        check_a_wrong_clock_deletes_nothing(tmp_path)


def rounds_of(folder: Path) -> tuple[Maintenance, Journal, SteppedClock, list[dict[str, object]]]:
    journal, clock, events = Journal(folder), SteppedClock(), list[dict[str, object]]()
    clock.sync_from_server(clock.wall, asked_at=clock.mono)
    rounds = Maintenance(journal, clock, LoopWatch(), events.append)
    rounds.round()
    assert events == [{"event": "clock", "state": "synced"}]
    events.clear()
    return rounds, journal, clock, events


def test_a_full_disk_is_one_line_and_one_more_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, journal, _, events = rounds_of(tmp_path)
    monkeypatch.setattr(Journal, "full", True)
    for _ in range(3):
        rounds.round()
    monkeypatch.setattr(Journal, "full", False)
    for _ in range(3):
        rounds.round()
    assert events == [{"event": "journal", "full": True}, {"event": "journal", "full": False}]
    journal.close()


def test_a_clock_that_is_no_longer_known_is_one_line(tmp_path: Path) -> None:
    rounds, journal, clock, events = rounds_of(tmp_path)
    clock.step(25 * 3600)
    for _ in range(3):
        rounds.round()
    clock.sync_from_server(clock.wall, asked_at=clock.mono)
    rounds.round()
    assert [event["state"] for event in events] == ["holdover", "synced"]
    journal.close()


def test_a_disk_that_fails_is_one_line_and_one_more_when_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, journal, _, events = rounds_of(tmp_path)

    def fails(*args: object) -> int:
        raise OSError("input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(Journal, "prune", fails)
        for _ in range(3):
            rounds.round()
    rounds.round()
    assert events == [
        {"event": "maintenance", "up": False, "why": "input/output error"},
        {"event": "maintenance", "up": True, "why": ""},
    ]
    journal.close()


@pytest.mark.slow
def test_what_is_back_says_why_it_was_lost_and_for_how_long(rig: Rig, phone: Phone) -> None:
    rig.start()
    rig.know(phone)
    rig.reader.wire.unplug()
    lost = rig.event("reader", up=False)
    rig.reader.wire.plug_in()
    back = rig.event("reader", up=True)
    assert lost["why"]
    assert (back["why"], back["door"]) == (lost["why"], lost["door"])
    assert 0 <= back["lost"] < 30
    rig.peer.stop()
    lost = rig.event("server", up=False, loop="download")
    rig.peer.start()
    assert rig.event("server", up=True, loop="download")["why"] == lost["why"]
    rig.stop()
    log = [json.loads(line) for line in (rig.folder / "log").read_text().splitlines()]
    lines = [(line["event"], line["up"]) for line in log if line["event"] == "reader"]
    assert lines == [("reader", False), ("reader", True)], "one line each"
