"""The alarms that a bridge sends to the server."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.door.budget import ROWS
from firmware_bridge.sync.alarms import Alarms
from firmware_bridge.wire.messages.alarms import format_alarms, parse_alarms
from tests.world.rig import DOOR, SITE, Phone, Rig, Stand, eventually


def test_equal_alarms_give_equal_texts() -> None:
    both = [("reader_lost", DOOR), ("disk_full", "")]
    assert format_alarms(both) == format_alarms(reversed(both)) == f"disk_full,reader_lost:{DOOR}"
    assert parse_alarms(format_alarms(both)) == set(both)
    assert format_alarms([]) == ""
    assert parse_alarms("") == parse_alarms(",,:x,Disk!") == set()


def test_an_alarm_of_a_newer_bridge_is_an_unknown_word() -> None:
    newer = f"of_tomorrow,tamper:{DOOR}"
    assert parse_alarms(newer) == {("unknown_word", ""), ("unknown_word", DOOR)}


def test_no_alarm_has_a_character_that_an_older_server_refuses() -> None:
    odd = [("unknown_word", "Gate A"), ("unknown_word", "x" * 37), ("relay_fault", DOOR)]
    assert format_alarms(odd) == f"relay_fault:{DOOR},unknown_word"


def test_a_bridge_without_faults_has_no_alarms(stand: Stand) -> None:
    assert Alarms(stand.journal, stand.roster, stand.clock).format() == ""


def test_a_full_disk_and_an_unset_clock_are_alarms_while_they_last(stand: Stand) -> None:
    alarms = Alarms(stand.journal, stand.roster, stand.clock)
    stand.journal._reserve.release()
    right = stand.clock.wall
    stand.clock.start_anew(1000.0)
    assert alarms.format() == "clock_unset,disk_full"
    stand.journal.reclaim()
    stand.clock.wall = right
    assert alarms.format() == ""


def test_a_journal_that_fills_up_is_an_alarm_before_the_disk_is_full(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_bridge.sync.alarms.FILLING", 5)
    alarms = Alarms(stand.journal, stand.roster, stand.clock)
    for number in range(4):
        stand.scan(f"no code {number}")
    before = alarms.format()
    stand.scan("one more")
    assert (before, alarms.format()) == ("", "journal_filling")


@pytest.mark.slow
def test_the_alarm_of_junk_begins(rig: Rig) -> None:
    rig.start()
    rig.event("changes")
    for number in range(ROWS + 1):
        rig.scan(f"JUNK {number}")
    eventually(lambda: last_alarms(rig) == f"unreadable:{DOOR}", "the alarm")


def test_a_changed_journal_is_detected_at_the_start(stand: Stand, phone: Phone) -> None:
    stand.scan(stand.code(phone))
    stand.scan("x")
    tamper_with_journal(stand.folder)
    assert Alarms(stand.journal, stand.roster, stand.clock).format() == "journal_chain"


def tamper_with_journal(folder: Path) -> None:
    database = sqlite3.connect(folder / "journal.sqlite")
    database.execute(
        "UPDATE entry SET body = replace(body, '\"granted\":true', '\"granted\":false')"
        " WHERE seq = 1"
    )
    database.commit()
    database.close()


def test_the_newest_entries_can_be_verified_alone(stand: Stand) -> None:
    for number in range(5):
        stand.scan(f"no code {number}")
    assert stand.journal.verify_chain(3) == 3
    assert stand.journal.verify_chain() == 5


def last_alarms(rig: Rig) -> str:
    return rig.peer.statuses[-1].get("alarms", "") if rig.peer.statuses else ""


@pytest.mark.slow
def test_the_alarm_of_a_silent_relay_begins_and_ends(rig: Rig) -> None:
    first, second = Phone(), Phone()
    rig.peer.put(first.holder, second.holder)
    rig.start()
    rig.event("changes")
    # The sign-on sets the clock.
    eventually(lambda: rig.peer.statuses[-1]["clock"] == "synced", "the clock is synced")
    assert rig.peer.statuses[-1]["software"]
    rig.relay.reply_mode = "silent"
    assert not rig.scan(first.code())["struck"]
    eventually(lambda: last_alarms(rig) == f"relay_fault:{DOOR}", "the alarm")
    rig.relay.reply_mode = "echo"
    eventually(lambda: last_alarms(rig) == "", "its end, without a scan")
    assert rig.scan(second.code())["struck"]


@pytest.mark.slow
def test_the_alarm_of_an_unknown_word_begins_and_ends(rig: Rig) -> None:
    rig.start()
    assert rig.event("wire")["server"] == 1
    rig.event("changes")
    night = replace(SITE.doors[0], state="night")
    rig.peer.change_site(replace(SITE, doors=(night, *SITE.doors[1:])))
    eventually(lambda: last_alarms(rig) == f"unknown_word:{DOOR}", "the alarm")
    rig.peer.change_site(SITE)
    eventually(lambda: last_alarms(rig) == "", "its end")


@pytest.mark.slow
def test_the_alarm_of_an_unplugged_reader_begins_and_ends(rig: Rig) -> None:
    rig.start()
    rig.event("changes")
    rig.reader.wire.unplug()
    eventually(lambda: last_alarms(rig) == f"reader_lost:{DOOR}", "the alarm")
    rig.reader.wire.plug_in()
    eventually(lambda: last_alarms(rig) == "", "its end")
