"""The box says what is wrong with it while it is, and nothing else."""

import sqlite3
from pathlib import Path

import pytest

from firmware_bridge.sync.alarms import Alarms
from firmware_bridge.wire.messages.alarms import heard, told
from tests.world.rig import DOOR, Phone, Rig, Stand, eventually


def test_a_text_of_alarms_is_the_same_for_the_same_alarms() -> None:
    both = [("reader_lost", DOOR), ("disk_full", "")]
    assert told(both) == told(reversed(both)) == f"disk_full,reader_lost:{DOOR}"
    assert heard(told(both)) == set(both)
    assert told([]) == ""
    assert heard("") == heard("of_tomorrow,,:x") == set()


def test_a_healthy_box_has_nothing_to_say(stand: Stand) -> None:
    assert Alarms(stand.journal, stand.clock).format() == ""


def test_a_full_disk_and_a_clock_that_is_not_set_are_told_while_they_last(stand: Stand) -> None:
    alarms = Alarms(stand.journal, stand.clock)
    stand.journal._reserve.release()
    right, stand.clock.wall = stand.clock.wall, 1000.0
    assert alarms.format() == "clock_unset,disk_full"
    stand.journal.reclaim()
    stand.clock.wall = right
    assert alarms.format() == ""


def test_a_journal_that_was_changed_is_noticed_at_the_start(stand: Stand, phone: Phone) -> None:
    stand.scan(stand.code(phone))
    stand.scan("x")
    changed(stand.folder)
    assert Alarms(stand.journal, stand.clock).format() == "journal_chain"


def changed(folder: Path) -> None:
    database = sqlite3.connect(folder / "journal.sqlite")
    database.execute(
        "UPDATE entry SET body = replace(body, '\"granted\":true', '\"granted\":false') WHERE seq = 1"
    )
    database.commit()
    database.close()


def test_only_the_newest_entries_are_looked_at(stand: Stand) -> None:
    for number in range(5):
        stand.scan(f"no code {number}")
    assert stand.journal.verify_chain(3) == 3
    assert stand.journal.verify_chain() == 5


def last_told(rig: Rig) -> str:
    return rig.peer.statuses[-1].get("alarms", "") if rig.peer.statuses else ""


@pytest.mark.slow
def test_the_server_hears_of_a_relay_that_is_silent_and_of_one_that_is_back(rig: Rig) -> None:
    first, second = Phone(), Phone()
    rig.peer.put(first.holder, second.holder)
    rig.start()
    rig.event("changes")
    eventually(lambda: rig.peer.statuses[-1]["clock"] == "synced", "the clock is set by the sign-on")
    assert rig.peer.statuses[-1]["software"]
    rig.relay.reply_mode = "silent"
    assert not rig.scan(first.code())["struck"]
    eventually(lambda: last_told(rig) == f"relay_fault:{DOOR}", "the alarm")
    rig.relay.reply_mode = "echo"
    assert rig.scan(second.code())["struck"]
    eventually(lambda: last_told(rig) == "", "its end")


@pytest.mark.slow
def test_the_server_hears_of_a_reader_that_is_pulled_out(rig: Rig) -> None:
    rig.start()
    rig.event("changes")
    rig.reader.wire.hang_up()
    eventually(lambda: last_told(rig) == f"reader_lost:{DOOR}", "the alarm")
    rig.reader.wire.plug_in()
    eventually(lambda: last_told(rig) == "", "its end")
