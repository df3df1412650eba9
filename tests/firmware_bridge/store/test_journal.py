"""The journal: durability, one grant per code, the hash chain, and a full disk."""

import errno
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.door.door import Door
from firmware_bridge.door.machine import Finish
from firmware_bridge.maintenance import prune
from firmware_bridge.store import journal as journals
from firmware_bridge.store.box_settings import Identity
from firmware_bridge.store.chain import ChainBroken
from firmware_bridge.store.database import open_database
from firmware_bridge.store.journal import AlreadyGranted, Journal, JournalFull
from firmware_bridge.sync.alarms import Alarms
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.entries import GENESIS, Entry, hash_entry
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR, OTHER_DOOR, ROOT, Phone, Stand, SteppedClock

KID = b"12345678"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path)
    yield journal
    journal.close()


def entry(ts: int = 1, *, granted: bool = True, at: int = 1_800_000_000_000) -> Entry:
    reason = Reason.GRANTED if granted else Reason.EXPIRED
    return Entry(0, str(uuid.uuid4()), DOOR, "scan", at, granted, reason, 7, KID, ts)


def test_entries_are_numbered_from_one_also_across_restarts(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        journal = Journal(tmp_path)
        assert journal.append(entry(expected), "gym") == expected
        journal.close()


def test_one_code_opens_one_area_once_even_after_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(entry(5), "gym")
    journal.close()
    journal = Journal(tmp_path)
    assert journal.find_grants(KID, 5, "gym", 7) == (True, 1_800_000_000.0)
    with pytest.raises(AlreadyGranted):
        journal.append(entry(5), "gym")
    assert journal.append(entry(5), "pool") == 2
    assert journal.append(entry(6), "gym") == 3
    journal.close()


def test_a_refused_scan_does_not_use_the_code_up(journal: Journal) -> None:
    journal.append(entry(5, granted=False), "gym")
    journal.append(entry(5, granted=False), "gym")
    assert journal.find_grants(KID, 5, "gym", 7) == (False, None)
    assert journal.append(entry(5), "gym") == 3


def test_the_last_grant_of_a_key_is_found_per_area(journal: Journal) -> None:
    journal.append(entry(5, at=5000), "gym")
    journal.append(entry(6, at=6500), "gym")
    journal.append(entry(7, at=7000, granted=False), "gym")
    assert journal.find_grants(KID, 7, "gym", 7) == (False, 6.5)
    assert journal.find_grants(KID, 5, "gym", 7) == (True, 6.5)
    assert journal.find_grants(KID, 5, "pool", 7) == (False, None)


def check_durable(journal: Journal) -> None:
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._db.execute("PRAGMA wal_autocheckpoint").fetchone() == (200,)


def test_every_commit_is_synced(journal: Journal) -> None:
    check_durable(journal)


@pytest.mark.parametrize("weaker", ["NORMAL", "OFF"])
@pytest.mark.planted_fault("a weaker setting")
def test_a_weaker_setting_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weaker: str
) -> None:
    monkeypatch.setattr(
        journals,
        "open_database",
        lambda path, *, synchronous: open_database(path, synchronous=weaker),
    )
    journal = Journal(tmp_path)
    with pytest.raises(AssertionError):
        check_durable(journal)
    journal.close()


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "data")
    journal.append(entry(), "gym")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    journal.close()


# The chain.


def tamper(journal: Journal, statement: str) -> None:
    journal._db.execute(statement)


def test_the_chain_verifies_from_the_first_entry(journal: Journal) -> None:
    shown = [entry(ts) for ts in range(5)]
    stored = [replace(row, seq=journal.append(row, "gym")) for row in shown]
    assert journal.verify_chain() == 5
    batch = journal.batch()
    assert batch is not None
    head = GENESIS
    for row in stored:
        head = hash_entry(head, row)
    assert (batch.upload.after, batch.upload.head) == (GENESIS, head)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET body = replace(body, 'true', 'false') WHERE seq = 3",
        "DELETE FROM entry WHERE seq = 3",
        "UPDATE entry SET seq = seq + 100 WHERE seq > 3",
        "UPDATE entry SET hash = zeroblob(32) WHERE seq = 3",
    ],
)
def test_a_changed_or_missing_entry_is_detected(journal: Journal, statement: str) -> None:
    for ts in range(5):
        journal.append(entry(ts), "gym")
    tamper(journal, statement)
    with pytest.raises(ChainBroken):
        journal.verify_chain()


# Upload and pruning.


def test_batches_follow_each_other_and_a_gap_is_sent_again(journal: Journal) -> None:
    for ts in range(7):
        journal.append(entry(ts), "gym")
    first = journal.batch(limit=4)
    assert first is not None
    assert first.seqs == (1, 2, 3, 4)
    assert journal.settle(first, {1, 2, 4}) == 2
    second = journal.batch(limit=4)
    assert second is not None
    assert second.seqs == (3, 4, 5, 6)
    assert journal.waiting() == 5
    assert journal.settle(second, {4, 5, 6}) == 0


def test_what_is_settled_stays_settled_after_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(entry(1), "gym")
    batch = journal.batch()
    assert batch is not None
    journal.settle(batch, {1})
    journal.close()
    journal = Journal(tmp_path)
    assert journal.batch() is None
    journal.append(entry(2), "gym")
    later = journal.batch()
    assert later is not None
    assert later.upload.after == batch.upload.head
    journal.close()


def test_old_entries_are_deleted_only_when_settled(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for ts in range(4):
        journal.append(entry(ts, at=1000), "gym")
    journal.append(entry(9, at=journals.KEEP_MS * 2), "gym")
    later = journals.KEEP_MS * 2 / 1000
    assert journal.prune(later) == 0
    batch = journal.batch(limit=3)
    assert batch is not None
    journal.settle(batch, batch.seqs)
    assert journal.prune(later) == 3
    assert journal.verify_chain() == 2
    rest = journal.batch()
    assert rest is not None
    assert (rest.seqs, rest.upload.after) == ((4, 5), batch.upload.head)
    journal.settle(rest, rest.seqs)
    journal.prune(later * 3)
    journal.close()
    journal = Journal(tmp_path)
    assert journal.append(entry(10), "gym") == 6
    assert journal.verify_chain() == 1
    journal.close()


def test_the_identity_is_stored_in_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.identity() is None
    journal.save_identity(Identity("b", bytes(32)))
    journal.close()
    journal = Journal(tmp_path)
    assert journal.identity() == Identity("b", bytes(32))
    journal.close()


def test_the_time_of_an_unset_clock_is_not_trusted_later(journal: Journal) -> None:
    assert journal.last_trusted_time() == 0
    journal.append(entry(1, at=5000), "gym")
    journal.append(replace(entry(2, at=9000), clock="unset"), "gym")
    assert journal.last_trusted_time() == 5


def test_one_start_in_the_future_shuts_no_door_later(stand: Stand, phone: Phone) -> None:
    right = stand.clock.wall
    for wall in (right + 20 * 86400, right + 600):
        stand.clock = SteppedClock(stand.journal.last_trusted_time())
        stand.clock.wall = wall
        stand.restart()
        stand.door.runner.note("started")
    assert stand.scan(stand.code(phone)).opened


@pytest.mark.parametrize("wall", [5.0, 4e9])
def test_a_start_with_a_wrong_clock_deletes_nothing_of_before(
    stand: Stand, phone: Phone, wall: float
) -> None:
    right = stand.clock.wall
    code = stand.code(phone)
    assert stand.scan(code).opened
    stand.clock = SteppedClock(stand.journal.last_trusted_time())
    stand.clock.wall = wall
    stand.restart()
    stand.door.runner.note("started")
    stand.clock.sync_from_server(right, stand.clock.mono)
    settle_all(stand.journal)
    assert prune(stand.journal, stand.clock) == 0
    assert stand.scan(code).decision.reason is Reason.REPLAYED


def test_entries_of_a_wrong_clock_are_deleted_with_older_ones_or_when_there_are_many(
    journal: Journal,
) -> None:
    now = journals.KEEP_MS * 9
    future = [entry(ts, granted=False, at=now * 2) for ts in range(3)]
    unset = replace(entry(3, granted=False, at=now), clock="unset")
    for each in (*future, unset, entry(4, at=1000), unset, entry(5, at=now)):
        journal.append(replace(each, uuid=str(uuid.uuid4())), "gym")
    settle_all(journal)
    assert journal.prune(now / 1000) == 5
    assert journal.prune(now / 1000, limit=1) == 1
    assert journal.prune(now / 1000, limit=1) == 0


def settle_all(journal: Journal) -> None:
    batch = journal.batch()
    assert batch is not None
    journal.settle(batch, batch.seqs)


# A disk that changes bytes.


def rot(stand: Stand, seq: int, byte: bytes) -> None:
    """Change a byte in the text of an entry as a bad disk does, past SQLite's own checks."""
    stand.journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = stand.folder / "journal.sqlite"
    text = path.read_bytes()
    quote = text.rindex(b'"clock":', 0, text.index(stand.entries()[seq - 1].uuid.encode())) + 6
    path.write_bytes(text[:quote] + byte + text[quote + 1 :])
    stand.journal._db.execute("PRAGMA cache_size=0")
    stand.journal._db.execute("PRAGMA shrink_memory")


@pytest.mark.parametrize("byte", [b"x", b"\xff"])
def test_an_entry_that_the_disk_has_changed_is_sent_and_ends_nothing(
    stand: Stand, phone: Phone, byte: bytes
) -> None:
    for _ in range(3):
        stand.scan(stand.code(phone))
        stand.clock.step(61)
    rot(stand, 3, byte)
    batch = stand.journal.batch()
    assert batch is not None
    assert [fields.mapping(row, "entry")["seq"] for row in batch.upload.rows] == [1, 2, 3]
    assert "damaged" in fields.mapping(batch.upload.rows[2], "entry")
    assert stand.journal.last_trusted_time() == 0
    assert ("journal_chain", "") in Alarms(stand.journal, stand.roster, stand.clock)._active
    settle_all(stand.journal)
    assert prune(stand.journal, stand.clock) == 0
    stand.restart()
    assert stand.scan(stand.code(phone)).opened


# A full disk.


def fill(journal: Journal) -> None:
    """Simulate a full disk on any machine: SQLite may add no further page."""
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")


def fill_up(journal: Journal) -> None:
    fill(journal)
    with pytest.raises(JournalFull):
        for ts in range(10_000):
            journal.append(entry(ts), "gym")


def test_a_full_disk_refuses_grants_and_frees_its_reserve(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 4 * 1024 * 1024
    fill_up(journal)
    assert journal.full
    assert not (tmp_path / "reserve").exists()
    with pytest.raises(JournalFull):
        journal.append(entry(99_999), "gym")
    assert journal.verify_chain() > 0
    journal._db.execute("PRAGMA max_page_count = 1000000")
    assert journal.append(entry(1, granted=False), "gym") > 0
    assert journal.reclaim()
    assert journal.append(entry(99_999), "gym") > 0
    journal.close()


def check_no_green_on_a_full_disk(stand: Stand, phone: Phone) -> None:
    fill(stand.journal)
    for _ in range(3000):
        stand.clock.step(11)
        answer = stand.scan(stand.code(phone))
        if answer.decision.reason is Reason.JOURNAL_FULL:
            break
    assert answer.decision.reason is Reason.JOURNAL_FULL
    assert not answer.opened
    assert len(stand.strikes) == sum(
        row[0] for row in stand.journal._db.execute("SELECT granted FROM entry")
    )


def test_on_a_full_disk_a_door_refuses_with_its_reason(stand: Stand, phone: Phone) -> None:
    check_no_green_on_a_full_disk(stand, phone)


@pytest.mark.thorough
@pytest.mark.planted_fault("a door that ignores a full disk")
def test_a_door_that_ignores_a_full_disk_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = journals.Journal._insert

    def careless(self: Journal, row: Entry, area: str) -> int:
        try:
            return real(self, row, area)
        except sqlite3.OperationalError:
            return 1

    monkeypatch.setattr(journals.Journal, "_insert", careless)
    with pytest.raises(AssertionError):
        check_no_green_on_a_full_disk(stand, phone)


# Two doors race with one code.


def race(folder: Path, codes: int = 30, *, unique: bool = True) -> list[int]:
    """The number of grants of each of `codes` codes, shown at two doors of an area at once."""
    phones = [Phone() for _ in range(codes)]
    stand = Stand(folder, *(phone.holder for phone in phones))
    if not unique:
        stand.journal._db.execute("DROP INDEX one_grant_per_code")
    grants = [show_at_two_doors(stand, stand.code(phone).encode()) for phone in phones]
    stand.close()
    return grants


def show_at_two_doors(stand: Stand, text: bytes) -> int:
    """The number of grants when both doors have decided before either one writes."""
    decided = threading.Barrier(2)
    granted: list[bool] = []

    def show(door: Door) -> None:
        handle = door.runner.handle

        def when_both_have_decided(entry: Entry, **how: bool) -> Finish:
            decided.wait(10)
            return handle(entry, **how)

        setattr(door.runner, "handle", when_both_have_decided)  # noqa: B010 -- mypy refuses assignment
        granted.append(door.handle_scan(text).decision.granted)

    threads = [
        threading.Thread(target=show, args=(stand.new_door(door),)) for door in (DOOR, OTHER_DOOR)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(granted)


def check_one_grant(grants: list[int]) -> None:
    assert set(grants) == {1}


def test_two_doors_racing_for_one_code_give_one_grant(tmp_path: Path) -> None:
    check_one_grant(race(tmp_path))


@pytest.mark.planted_fault("no unique index of grants")
def test_without_the_unique_index_both_doors_open(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check_one_grant(race(tmp_path, unique=False))


# A full file system of 6 MB, in a mount namespace of its own.

IN_A_SMALL_DISK = """
mount -t tmpfs -o size=6m none "$1" && exec "$2" -m tests.world.full_disk "$1"
"""


@pytest.mark.system("unshare", "mount")
def test_on_a_full_file_system_refusals_are_still_stored_also_after_a_restart(
    tmp_path: Path,
) -> None:
    command = ["unshare", "-Urm", "sh", "-c", IN_A_SMALL_DISK, "sh", str(tmp_path), sys.executable]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"this machine lets no user mount a disk of their own: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "refused_stored": 400,
        "grants_when_full": 0,
        "chain": "whole",
    }


def check_a_journal_that_cannot_be_read_opens_nothing(stand: Stand, phone: Phone) -> None:
    stand.journal._db.execute("ALTER TABLE entry RENAME TO gone")
    answer = stand.scan(stand.code(phone))
    assert (answer.opened, answer.decision.reason) == (False, Reason.JOURNAL_FULL)
    stand.journal._db.execute("ALTER TABLE gone RENAME TO entry")
    stand.journal._reserve.hold()
    assert stand.scan(stand.code(phone)).opened
    assert len(stand.strikes) == 1


def test_a_journal_that_cannot_be_read_opens_nothing_and_ends_nothing(
    stand: Stand, phone: Phone
) -> None:
    check_a_journal_that_cannot_be_read_opens_nothing(stand, phone)


@pytest.mark.planted_fault("a journal that says of a failed read that nothing was granted")
def test_a_failed_read_that_counts_as_no_grant_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Journal, "find_grants", lambda *asked: (False, None))
    monkeypatch.setattr(Journal, "append", lambda *asked, **how: 1)
    with pytest.raises(AssertionError):
        check_a_journal_that_cannot_be_read_opens_nothing(stand, phone)


@pytest.mark.parametrize("fault", [errno.EROFS, errno.EIO])
def test_a_disk_that_fails_refuses_and_ends_nothing(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    def fail(*asked: object, **how: object) -> None:
        raise OSError(fault, os.strerror(fault))

    stand.journal._db.execute("PRAGMA query_only=1")
    monkeypatch.setattr(Path, "unlink", fail)
    assert stand.scan(stand.code(phone)).decision.reason is Reason.JOURNAL_FULL
    assert (stand.journal.full, stand.strikes) == (True, [])
    monkeypatch.setattr(os, "open", fail)
    assert not stand.journal.reclaim()
