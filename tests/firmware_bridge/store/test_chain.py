"""Each way to tamper with a journal is found and named, and nothing that is new is lost."""

import json
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from firmware_bridge.cli import main
from firmware_bridge.store.chain import ChainBroken, ChainLink, find_difference
from firmware_bridge.store.journal import Journal
from firmware_bridge.wire.messages.entries import GENESIS, Entry, hash_text, to_canonical_json
from firmware_bridge.wire.reasons import Reason
from tests.firmware_bridge.store.test_journal import entry
from tests.world.rig import DOOR, WAIT, Rig, eventually, now

Tamper = Callable[[sqlite3.Connection], None]


def tampered(folder: Path, how: Tamper, *, hashed_anew: bool = False) -> None:
    """Change a journal file by hand; `hashed_anew`: with hashes that fit."""
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database:
        how(database)
        if hashed_anew:
            hash_anew(database)
        database.commit()


def hash_anew(database: sqlite3.Connection) -> None:
    head = GENESIS
    for seq, body in database.execute("SELECT seq, body FROM entry ORDER BY seq").fetchall():
        text = to_canonical_json({**json.loads(body), "seq": seq})
        head = hash_text(head, text)
        database.execute("UPDATE entry SET body = ?, hash = ? WHERE seq = ?", (text, head, seq))


def edit(database: sqlite3.Connection) -> None:
    database.execute("UPDATE entry SET body = replace(body, 'malformed', 'expired') WHERE seq = 3")


def delete(database: sqlite3.Connection) -> None:
    database.execute("DELETE FROM entry WHERE seq IN (3, 4)")


def delete_and_close_the_gap(database: sqlite3.Connection) -> None:
    delete(database)
    database.execute("UPDATE entry SET seq = seq - 2 WHERE seq > 4")


def insert(database: sqlite3.Connection) -> None:
    for seq in range(9, 2, -1):
        database.execute("UPDATE entry SET seq = seq + 1 WHERE seq = ?", (seq,))
    database.execute(
        "INSERT INTO entry SELECT 3, replace(body, json_extract(body, '$.uuid'), ?), hash,"
        " occurred_at, 0, NULL, NULL, area FROM entry WHERE seq = 2",
        (str(uuid.uuid4()),),
    )


def truncate(database: sqlite3.Connection) -> None:
    database.execute("DELETE FROM entry WHERE seq > 5")


@pytest.fixture
def used(rig: Rig) -> Rig:
    """A box that has stored entries and sent them, and is stopped."""
    rig.peer.sign_from(1)
    journal = rig.journal()
    for _ in range(7):
        junk = Entry(0, str(uuid.uuid4()), DOOR, "scan", int(now() * 1000), False, Reason.MALFORMED)
        journal.append(junk, "gym")
    identity, batch = journal.identity(), journal.batch()
    assert identity is not None
    assert batch is not None
    assert rig.peer.receive(identity.bridge, batch.upload.to_json())[0] == 200
    assert journal.settle(batch, set(batch.seqs)) == 7
    journal.follow_epoch(rig.peer.epoch)
    journal.close()
    return rig


KINDS: dict[str, tuple[Tamper, bool, str]] = {
    "edited": (edit, False, "seq 3: changed"),
    "edited, hashed anew": (edit, True, "edited: entry 3"),
    "deleted": (delete, False, "seq 3 to 4: missing"),
    "deleted and moved up": (delete_and_close_the_gap, True, "deleted: entries 3 to 4"),
    "inserted": (insert, False, "seq 3: changed"),
    "inserted, hashed anew": (insert, True, "inserted: entries 3 to 3"),
    "truncated": (truncate, False, "seq 6 to 7: missing at the end"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_doctor_names_what_was_done_to_the_journal(
    used: Rig, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    how, hashed_anew, said = KINDS[kind]
    tampered(used.folder / "data", how, hashed_anew=hashed_anew)
    assert main(["doctor", "--no-ask", "--config", str(used.config)]) == 1
    printed = capsys.readouterr().out
    assert f"journal: {said}" in printed
    assert "Find out who had access to the box" in printed


def last_alarms(rig: Rig) -> str:
    return rig.peer.statuses[-1].get("alarms", "") if rig.peer.statuses else ""


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_hears_of_it(used: Rig, kind: str) -> None:
    how, hashed_anew, _ = KINDS[kind]
    tampered(used.folder / "data", how, hashed_anew=hashed_anew)
    used.start()
    eventually(lambda: "journal_" in last_alarms(used), "the alarm")


def test_nothing_is_wrong_with_a_journal_that_nobody_touched(
    used: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--no-ask", "--config", str(used.config)]) == 0
    assert "journal: 7 entries, each follows" in capsys.readouterr().out


def check_an_older_copy_goes_on_behind_the_server(rig: Rig, patience: float = WAIT) -> None:
    """A memory card put back as it was: named, and what happens then is stored at the server."""
    data, image = rig.folder / "data", rig.folder / "image"
    shutil.copytree(data, image)
    rig.start()
    for number in range(3):
        rig.scan(f"LATER {number}")
    eventually(lambda: len(rig.peer.entries) == 11, "all are sent")
    rig.stop()
    put_back(image, data)
    rig.peer.stop()
    rig.start()
    rig.scan("OFFLINE")
    rig.peer.start()
    assert rig.event("journal", alarm="journal_older")["server_has"] == 11
    rig.event("journal", resumed_behind=11, patience=patience)
    rig.scan("ONLINE")
    rig.event("uploaded", waiting=0)
    eventually(lambda: len(rig.peer.entries) == 14, "nothing is lost")
    eventually(lambda: "journal_older" in last_alarms(rig), "the alarm")
    rig.stop()
    journal = Journal(data)
    assert journal.verify_chain() == 10
    journal.close()


def put_back(image: Path, data: Path) -> None:
    """Restore the content of the files of an older copy, as an image of the card does."""
    for path in data.iterdir():
        older = image / path.name
        with path.open("r+b") as file:
            file.write(older.read_bytes() if older.exists() else b"")
            file.truncate()


def test_an_older_copy_goes_on_behind_the_server(used: Rig) -> None:
    check_an_older_copy_goes_on_behind_the_server(used)


@pytest.mark.thorough
@pytest.mark.planted_fault("a journal that is behind the server goes on with its own numbers")
def test_a_journal_that_goes_on_with_its_own_numbers_fails_the_check(
    used: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = used.start
    monkeypatch.setattr(used, "start", lambda: genuine(planted="own_numbers"))
    with pytest.raises(AssertionError, match="resumed_behind"):
        check_an_older_copy_goes_on_behind_the_server(used, patience=1.0)


# The journal by itself.


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path)
    for number in range(5):
        journal.append(entry(number), "gym")
    yield journal
    journal.close()


def settle(journal: Journal) -> None:
    batch = journal.batch()
    assert batch is not None
    journal.settle(batch, set(batch.seqs))


def test_the_end_is_compared_with_what_the_server_has(journal: Journal) -> None:
    head = journal.links()[2].hash
    assert journal.compare_end(3, head) is None
    assert journal.compare_end(3, None) is None
    assert journal.compare_end(3, bytes(32)) == "journal_chain"
    assert journal.compare_end(9, bytes(32)) == "journal_older"


def test_entries_that_were_deleted_by_their_age_are_not_missed(journal: Journal) -> None:
    settle(journal)
    head = journal.links()[4].hash
    journal.prune(1e10)
    assert journal.links() == []
    assert journal.compare_end(5, head) is None
    assert journal.compare_end(3, bytes(32)) is None
    assert journal.compare_end(5, bytes(32)) == "journal_chain"


def test_what_the_server_lacks_gets_new_numbers_behind_its_last(journal: Journal) -> None:
    settle(journal)
    journal.append(entry(5), "gym")
    before = [link.uuid for link in journal.links()]
    assert journal.resume(40, b"\x07" * 32)
    assert [link.seq for link in journal.links()] == [1, 2, 3, 4, 5, 41]
    assert [link.uuid for link in journal.links()] == before
    batch = journal.batch()
    assert batch is not None
    assert (batch.seqs, batch.upload.after) == ((41,), b"\x07" * 32)
    assert journal.append(entry(6), "gym") == 42
    assert journal.verify_chain() == 7
    assert journal.waiting() == 2


def test_a_batch_on_its_way_settles_nothing_after_that(journal: Journal) -> None:
    batch = journal.batch()
    assert batch is not None
    assert journal.resume(40, b"\x07" * 32)
    assert journal.settle(batch, set(batch.seqs)) == 0
    assert journal.waiting() == 5


def test_a_grant_whose_strike_is_awaited_keeps_its_number(journal: Journal) -> None:
    waiting = entry(9)
    journal.append(waiting, "gym", awaits_strike=True)
    assert not journal.resume(40, b"\x07" * 32)
    journal.decide(waiting.uuid)
    assert journal.resume(40, b"\x07" * 32)


def test_the_gap_is_known_after_a_restart_and_no_other_gap_is(
    journal: Journal, tmp_path: Path
) -> None:
    settle(journal)
    assert journal.resume(40, b"\x07" * 32)
    journal.append(entry(6), "gym")
    journal.close()
    again = Journal(tmp_path)
    assert again.verify_chain() == 6
    assert again.append(entry(7), "gym") == 42
    again._db.execute("DELETE FROM entry WHERE seq = 2")
    with pytest.raises(ChainBroken, match="seq 2 to 2: missing"):
        again.verify_chain()
    again.close()


def test_an_end_that_was_cut_off_gives_no_number_twice(journal: Journal, tmp_path: Path) -> None:
    settle(journal)
    journal._db.execute("DELETE FROM entry WHERE seq > 3")
    journal.close()
    again = Journal(tmp_path)
    assert again.append(entry(6), "gym") == 6
    assert again.waiting() == 1
    again.close()


def link(seq: int, name: str, head: int = 0) -> ChainLink:
    return ChainLink(seq, name, bytes([head]) * 32)


def test_an_entry_that_took_the_place_of_another_is_named() -> None:
    server = [link(1, "a"), link(2, "b"), link(3, "c")]
    box = [link(1, "a"), link(2, "x"), link(3, "c")]
    assert find_difference(box, server) == "replaced: entry 2 is another one than the server got"
    assert find_difference(server, server) is None
    assert find_difference(server, []) is None
    assert find_difference(server[1:], server) is None, "deleted by its age"
    assert find_difference([*server, link(4, "d")], server) is None, "not sent yet"
