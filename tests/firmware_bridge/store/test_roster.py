"""The roster: rows, snapshots over several pages, and restarts."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.store import roster as rosters
from firmware_bridge.store import roster_tables
from firmware_bridge.store.lock import FolderUnusable
from firmware_bridge.store.roster import Cursor, Roster, open_roster
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.holders import Holder, Key
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR, SITE, Phone, Stand, snapshot

NOW = 1_800_000_000.0


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[Roster]:
    roster = Roster(tmp_path)
    yield roster
    roster.close()


def page(
    *phones: Phone, version: int, more: bool = False, start: bool = False, epoch: str = "e"
) -> Changes:
    rows = tuple(phone.holder.to_json() for phone in phones)
    return Changes(epoch, version, start, more, rows, None, "d")


def test_an_empty_roster_finds_nothing(roster: Roster) -> None:
    assert roster.find(bytes(8)) == (None, None)
    assert (roster.cursor, roster.door(DOOR), roster.contact_at) == (Cursor(), None, None)


def test_the_roster_is_the_same_after_a_restart(tmp_path: Path) -> None:
    phone, roster = Phone(), Roster(tmp_path)
    roster.apply(snapshot(phone.holder, version=7), NOW)
    roster.close()
    roster = Roster(tmp_path)
    assert roster.find(phone.kid) == (phone.known, phone.holder)
    assert roster.holder(phone.holder.holder) == phone.holder
    assert roster.door(DOOR) == SITE.doors[0]
    assert roster.issuers.keys() == {1}
    assert (roster.cursor, roster.contact_at) == (Cursor(7, "e", "d"), NOW)
    roster.close()


def test_a_row_replaces_the_whole_state_of_its_holder(roster: Roster) -> None:
    phone, newer = Phone(), Phone()
    roster.apply(snapshot(phone.holder), NOW)
    row = replace(phone.holder, keys=newer.holder.keys, suspended=True)
    roster.apply(Changes("e", 2, False, False, (row.to_json(),), None, "d"), NOW)
    assert roster.find(phone.kid) == (None, None)
    assert roster.find(newer.kid) == (newer.known, row)


def test_a_key_that_moves_to_another_holder_is_not_deleted_with_the_first(roster: Roster) -> None:
    first, second = Phone(), Phone()
    roster.apply(snapshot(first.holder), NOW)
    moved = replace(second.holder, keys=first.holder.keys)
    emptied = replace(first.holder, keys=())
    roster.apply(
        Changes("e", 2, False, False, (moved.to_json(), emptied.to_json()), None, "d"), NOW
    )
    assert roster.find(first.kid) == (first.known, moved)


def test_a_revoked_key_is_found_as_revoked(roster: Roster) -> None:
    phone = Phone()
    roster.apply(snapshot(phone.revoked), NOW)
    key, _ = roster.find(phone.kid)
    assert key == replace(phone.known, revoked=True)


def test_a_page_in_flight_teaches_a_revoked_box_nobody(tmp_path: Path) -> None:
    phone, roster = Phone(), Roster(tmp_path)
    roster.apply(snapshot(phone.holder), NOW)
    roster.set_revoked(True)
    # Of a request from before, as another loop has received them.
    roster.apply(snapshot(phone.holder, version=2), NOW)
    roster.apply_rows([phone.holder.to_json()])
    assert (roster.find(phone.kid), roster.cursor) == ((None, None), Cursor())
    roster.set_revoked(False)
    roster.apply(snapshot(phone.holder, version=2), NOW)
    assert roster.find(phone.kid) == (phone.known, phone.holder)
    roster.close()


def check_a_disk_that_deletes_no_row_keeps_nobody(folder: Path) -> None:
    phone, roster = Phone(), Roster(folder)
    roster.apply(snapshot(phone.holder), NOW)
    roster._db.execute(
        "CREATE TRIGGER full BEFORE DELETE ON holder BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )
    with suppress(sqlite3.Error):
        roster.set_revoked(True)
    roster.close()
    roster = Roster(folder)
    assert (roster.revoked, roster.find(phone.kid)) == (True, (None, None))
    assert roster.door(DOOR) is None
    roster.close()


def test_a_disk_that_deletes_no_row_keeps_nobody_of_a_revoked_box(tmp_path: Path) -> None:
    check_a_disk_that_deletes_no_row_keeps_nobody(tmp_path)


@pytest.mark.planted_fault("the file is not begun anew where no row can be deleted")
def test_a_revoked_box_that_keeps_its_file_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Roster, "_begin_anew", lambda _roster: None)
    with pytest.raises(AssertionError):
        check_a_disk_that_deletes_no_row_keeps_nobody(tmp_path)


def test_a_roster_that_is_begun_anew_stays_that_of_a_revoked_box(tmp_path: Path) -> None:
    roster = Roster(tmp_path)
    roster.set_revoked(True)
    roster._wrong = "damaged"
    assert roster.mend()
    roster.close()
    roster = Roster(tmp_path)
    assert roster.revoked
    roster.close()


def test_an_invalid_point_is_stored_unchanged(roster: Roster) -> None:
    kid, rubbish = bytes(8), b"\x02" + b"\xff" * 32
    roster.apply(snapshot(Holder(1, (Key(kid, rubbish),))), NOW)
    assert roster.find(kid)[0] == Key(kid, rubbish)


def test_a_roster_of_another_format_is_dropped_and_fetched_again(tmp_path: Path) -> None:
    phone, roster = Phone(), Roster(tmp_path)
    roster.apply(snapshot(phone.holder, version=7), NOW)
    roster._db.execute("PRAGMA user_version=0")
    roster._db.execute("ALTER TABLE key DROP COLUMN point")
    roster.close()
    roster = Roster(tmp_path)
    assert (roster.cursor, roster.find(phone.kid)) == (Cursor(), (None, None))
    roster.apply(snapshot(phone.holder, version=7), NOW)
    assert roster.find(phone.kid) == (phone.known, phone.holder)
    roster.close()


def check_bad_rows_are_set_aside(roster: Roster) -> None:
    phone = Phone()
    rows = ({"holder": "x"}, phone.holder.to_json(), None, {**phone.holder.to_json(), "holder": -1})
    aside = roster.apply(Changes("e", 3, True, False, rows, SITE, "d"), NOW)
    assert roster.find(phone.kid)[1] == phone.holder
    assert len(aside) == 3
    assert roster.cursor.version == 3
    assert roster._db.execute("SELECT count(*) FROM set_aside").fetchone() == (3,)


def test_a_bad_row_is_set_aside_and_the_others_applied(roster: Roster) -> None:
    check_bad_rows_are_set_aside(roster)


@pytest.mark.planted_fault("a roster that stops at a bad row")
def test_a_roster_that_stops_at_a_bad_row_fails_the_check(
    roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_tables, "MessageError", ZeroDivisionError)
    with pytest.raises(ValueError, match="not"):
        check_bad_rows_are_set_aside(roster)


def check_old_roster_until_complete(roster: Roster) -> None:
    old, new = [Phone() for _ in range(2)], [Phone() for _ in range(3)]
    roster.apply(snapshot(*(phone.holder for phone in old)), NOW)
    roster.apply(page(new[0], version=11, more=True, start=True, epoch="f"), NOW)
    roster.apply(page(new[1], version=12, more=True, epoch="f"), NOW)
    assert roster.cursor == Cursor(12, "f", "d")
    assert all(roster.find(phone.kid)[1] == phone.holder for phone in old)
    assert all(roster.find(phone.kid)[1] is None for phone in new)
    roster.apply(page(new[2], version=13, epoch="f"), NOW)
    assert all(roster.find(phone.kid)[1] is None for phone in old)
    assert all(roster.find(phone.kid)[1] == phone.holder for phone in new)


def test_the_old_roster_holds_until_the_last_page_of_a_snapshot(roster: Roster) -> None:
    check_old_roster_until_complete(roster)


@pytest.mark.planted_fault("the roster is replaced at the first page")
def test_a_roster_that_is_replaced_at_the_first_page_fails_the_check(
    roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rosters, "clear_snapshot", roster_tables.activate_snapshot)
    with pytest.raises(AssertionError):
        check_old_roster_until_complete(roster)


def test_a_snapshot_cut_off_by_a_restart_begins_again(tmp_path: Path) -> None:
    old, lost, new = Phone(), Phone(), Phone()
    roster = Roster(tmp_path)
    roster.apply(snapshot(old.holder, version=5), NOW)
    roster.apply(page(lost, version=11, more=True, start=True, epoch="f"), NOW)
    roster.close()
    roster = Roster(tmp_path)
    assert roster.cursor == Cursor(5, "e", "d")
    assert roster.find(old.kid)[1] == old.holder
    roster.apply(page(new, version=12, start=True, epoch="f"), NOW)
    assert [roster.find(phone.kid)[1] for phone in (old, lost, new)] == [None, None, new.holder]
    roster.close()


def test_an_empty_page_records_the_contact(roster: Roster) -> None:
    roster.apply(snapshot(), NOW)
    roster.apply(page(version=1), NOW + 5)
    assert (roster.contact_at, roster._saved_contact_at) == (NOW + 5, NOW)
    roster.apply(page(version=1), NOW + 70)
    assert (roster.contact_at, roster._saved_contact_at) == (NOW + 70, NOW + 70)


def test_rows_of_an_answer_are_applied_and_the_feed_position_stays(roster: Roster) -> None:
    phone = Phone()
    roster.apply(snapshot(version=4), NOW)
    assert roster.apply_rows([phone.holder.to_json(), "rubbish"]) != []
    assert roster.find(phone.kid)[1] == phone.holder
    assert roster.cursor.version == 4


def a_full_roster(folder: Path) -> Path:
    """Store 200 holders; return the roster's file."""
    roster = Roster(folder)
    roster.apply(snapshot(*(Phone().holder for _ in range(200))), NOW)
    roster.close()
    return folder / rosters.FILE


def overwrite_pages(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xa5" * 8192 + whole[16384:])


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10_000])


def write_words(path: Path) -> None:
    path.write_text("no database" * 100)


def damage_the_site(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE meta SET value = '{\"doors\": [' WHERE name = 'site'")


def forget_the_site(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE meta SET value = NULL WHERE name = 'site'")


DAMAGES = [overwrite_pages, cut_short, write_words, damage_the_site, forget_the_site]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_roster_is_begun_anew_and_says_what_was_wrong(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(a_full_roster(tmp_path))
    roster, wrong = open_roster(tmp_path)
    assert wrong
    assert roster.cursor == Cursor(), "the server sends all of it"
    phone = Phone()
    roster.apply(snapshot(phone.holder), NOW)
    assert roster.find(phone.kid) == (phone.known, phone.holder)
    roster.close()


def test_a_whole_roster_stays(tmp_path: Path) -> None:
    a_full_roster(tmp_path)
    roster, wrong = open_roster(tmp_path)
    assert (wrong, roster.cursor.epoch) == ("", "e")
    roster.close()


def test_a_disk_that_fails_says_so(tmp_path: Path) -> None:
    (tmp_path / "roster.sqlite").mkdir()
    with pytest.raises(FolderUnusable, match="unable to open database file"):
        open_roster(tmp_path)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.planted_fault("a roster that is opened as it is")
def test_a_roster_that_is_not_looked_at_fails_the_check(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(a_full_roster(tmp_path))
    with pytest.raises((sqlite3.DatabaseError, ValueError, TypeError, AssertionError)):
        assert Roster(tmp_path).damage() == ""


def damage(roster: Roster) -> None:
    """Break the file under the open roster: what SQLite reads next is no database."""
    roster._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = roster._folder / "roster.sqlite"
    path.write_bytes(path.read_bytes()[:100] + bytes(path.stat().st_size - 100))
    for connection in (roster._db, roster._reader):
        connection.execute("PRAGMA cache_size=0")
        connection.execute("PRAGMA shrink_memory")


def check_a_roster_that_breaks_is_begun_anew(stand: Stand, phone: Phone) -> None:
    """The door refuses meanwhile, and opens when the server has sent everybody again."""
    assert stand.scan(stand.code(phone)).opened
    damage(stand.roster)
    stand.clock.step(10)
    assert stand.scan(stand.code(phone)).decision.reason is Reason.UNKNOWN_KEY
    assert stand.roster.mend()
    assert stand.roster.cursor == Cursor()
    stand.know(phone.holder)
    stand.clock.step(10)
    assert stand.scan(stand.code(phone)).opened
    assert stand.roster.mend() == ""


def test_a_roster_that_breaks_while_the_doors_work_is_begun_anew(
    stand: Stand, phone: Phone
) -> None:
    check_a_roster_that_breaks_is_begun_anew(stand, phone)


@pytest.mark.planted_fault("an error of the roster's file ends the door")
def test_a_door_that_ends_with_its_roster_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(roster: Roster, query: str, value: object) -> object:
        return roster._reader.execute(query, (value,)).fetchone()

    monkeypatch.setattr(Roster, "_read", read)
    with pytest.raises(sqlite3.DatabaseError):
        check_a_roster_that_breaks_is_begun_anew(stand, phone)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE holder SET body = 'x' || body",
        "UPDATE holder SET body = 'null'",
        "UPDATE holder SET body = '{}'",
        "UPDATE holder SET body = CAST(x'ff00fe' AS TEXT)",
        """UPDATE holder SET body = replace(body, '"revoked"', '"revokee"')""",
        "UPDATE key SET point = 5",
    ],
)
def test_a_person_whom_the_disk_has_changed_ends_no_door_and_is_fetched_again(
    stand: Stand, phone: Phone, statement: str
) -> None:
    stand.roster._db.execute(statement)
    assert stand.scan(stand.code(phone)).decision.reason is Reason.UNKNOWN_KEY
    # Neither the answer to a question nor a page of the feed fails for it.
    assert stand.roster.apply_rows([phone.holder.to_json()]) == []
    assert stand.roster.apply(page(phone, version=2), stand.clock.now()) == []
    assert stand.roster.mend()
    stand.know(phone.holder)
    stand.clock.step(10)
    assert stand.scan(stand.code(phone)).opened


def test_a_site_that_the_disk_has_changed_is_asked_for_again(tmp_path: Path) -> None:
    path = a_full_roster(tmp_path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE meta SET value = '[]' WHERE name = 'site'")
    roster, _ = open_roster(tmp_path)
    assert roster.cursor.site_digest == ""
    roster.close()


@pytest.mark.parametrize("name", ["version", "epoch", "site_digest", "heard_at"])
def test_a_roster_whose_place_in_the_feed_cannot_be_read_is_begun_anew(
    tmp_path: Path, name: str
) -> None:
    path = a_full_roster(tmp_path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE meta SET value = x'ff' WHERE name = ?", (name,))
    roster, wrong = open_roster(tmp_path)
    assert (bool(wrong), roster.cursor) == (True, Cursor())
    roster.close()
