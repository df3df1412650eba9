"""Uploaded entries are stored exactly once, in any order, and no row blocks another."""

import random
import uuid
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from firmware_bridge.wire.messages.entries import (
    GENESIS,
    Upload,
    UploadAck,
    hash_text,
    to_canonical_json,
)
from tests.world.races import at_once
from tests.world.site import START, Journal, Site, a_member, derive_visits, receive, seqs
from zone.access.alarms.models import BridgeAlarm
from zone.access.areas.models import Area
from zone.access.doors.models import Door
from zone.access.entries import context as entries_context
from zone.access.entries import service as entries_service
from zone.access.entries.invariants import find_chain_breaks
from zone.access.entries.models import Entry, Quarantine, UsedCode
from zone.access.visits.models import Visit
from zone.core.db.transactions import reading, writing
from zone.members.people.queries import member_by_email


def stored_seqs(bridge: int) -> tuple[int, ...]:
    with reading() as session:
        return tuple(
            session.scalars(select(Entry.seq).where(Entry.bridge_id == bridge).order_by(Entry.seq))
        )


def alarms(bridge: int) -> list[tuple[str, int | None]]:
    with reading() as session:
        query = select(BridgeAlarm.kind, BridgeAlarm.seq).where(BridgeAlarm.bridge_id == bridge)
        rows = session.execute(query.order_by(BridgeAlarm.kind, BridgeAlarm.seq))
        return [(kind, seq) for kind, seq in rows]


def reasons_of_quarantine() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Quarantine.why).order_by(Quarantine.id)))


def a_journal(site: Site, entries: int) -> Journal:
    journal = Journal(site.studio_door)
    for n in range(entries):
        journal.scan(1000 + n, START + timedelta(seconds=n))
    return journal


def check_a_repeated_upload_is_stored_once(site: Site) -> None:
    """Invariant 5: sent at least once, stored exactly once."""
    journal = a_journal(site, 20)
    first = receive(site.bridge, journal.upload())
    again = receive(site.bridge, journal.upload())
    assert first == UploadAck(seqs(journal.rows), (), ())
    assert again == UploadAck((), seqs(journal.rows), ())
    assert stored_seqs(site.bridge) == seqs(journal.rows)


def test_a_repeated_upload_is_stored_once(site: Site) -> None:
    check_a_repeated_upload_is_stored_once(site)


@pytest.mark.planted_fault("the server numbers entries itself")
def test_storing_under_other_seqs_fails_the_check(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = entries_service._row

    def row_with_another_seq(*args: Any) -> dict[str, Any]:
        row = genuine(*args)
        return row | {"seq": row["seq"] + random.randrange(10**6, 10**9), "uuid": uuid.uuid4()}

    monkeypatch.setattr(entries_service, "_row", row_with_another_seq)
    with pytest.raises(AssertionError):
        check_a_repeated_upload_is_stored_once(site)


@pytest.mark.engines("sqlite", thorough="postgresql")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_of_overlapping_uploads_stores_each_entry_once_and_counts_each_visit_once(
    site: Site, data: st.DataObject
) -> None:
    holder = _empty_site_holder(site)
    offsets = data.draw(st.lists(st.integers(0, 300), min_size=3, max_size=12, unique=True))
    journal = Journal(site.studio_door)
    for offset in offsets:
        journal.scan(holder, START + timedelta(seconds=offset))
    spans = data.draw(
        st.lists(st.tuples(st.integers(1, len(journal.rows)), st.integers(0, 4)), max_size=8)
    )
    batches = [(first, min(first + more, len(journal.rows))) for first, more in spans]
    batches += [(seq, seq) for seq in range(1, len(journal.rows) + 1)]
    for first, last in data.draw(st.permutations(batches)):
        receive(site.bridge, journal.upload(first, last))
    assert stored_seqs(site.bridge) == seqs(journal.rows)
    assert alarms(site.bridge) == []
    ordered = sorted(offsets)
    assert visits_now() == 1 + sum(after - before > 60 for before, after in pairwise(ordered))


def _empty_site_holder(site: Site) -> int:
    """Delete what the example before has stored, and return the holder of all examples."""
    with writing() as session:
        for model in (Visit, UsedCode, Entry, BridgeAlarm):
            session.execute(delete(model))
        known = member_by_email(session, "walker@zone.example")
        return known.holder if known else a_member(session, site, "walker")[1]


def visits_now() -> int:
    with reading() as session:
        query = select(func.count()).select_from(Visit).where(Visit.retracted_at.is_(None))
        return session.scalars(query).one()


def invalid_rows(good: dict[str, Any]) -> list[object]:
    """Rows that cannot be stored, each for another reason."""
    return [
        None,
        7,
        "text",
        [],
        {},
        {**good, "seq": "1"},
        {**good, "kind": "Dance!"},
        {**good, "granted": 1},
        {**good, "holder": 2**32},
        {**good, "uuid": "x"},
        {**good, "door": "\ud800"},
        {**good, "reason": "\x00"},
        {**good, "occurred_at": -1},
        {**good, "kid": "zz"},
        {**good, "seq": 2**80},
    ]


def test_an_invalid_row_is_quarantined_and_blocks_no_other(site: Site) -> None:
    journal = a_journal(site, 2)
    first, second = (entry.to_json() for entry in journal.rows)
    bad = invalid_rows({**first, "seq": 3, "uuid": str(uuid.uuid4())})
    upload = Upload((first, *bad, second), journal.upload().after, journal.upload().head)
    receipt = receive(site.bridge, upload)
    assert receipt.stored == (1, 2)
    assert receipt.quarantined == (3,)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Quarantine)) == len(bad)


def test_an_invalid_row_sent_again_is_quarantined_once(site: Site) -> None:
    upload = Upload(({"seq": 5, "kind": "Dance!"},), bytes(32), bytes(32))
    assert receive(site.bridge, upload) == receive(site.bridge, upload) == UploadAck((), (), (5,))
    assert len(reasons_of_quarantine()) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["seq", "uuid", "door", "x"]), inner)
            ),
            max_leaves=8,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_json_is_stored_or_quarantined(site: Site, rows: list[object]) -> None:
    receipt = receive(site.bridge, Upload(tuple(rows), bytes(32), bytes(32)))
    assert receipt.stored == ()


@pytest.mark.parametrize("whose", ["other_door", "nobody"])
def test_an_entry_of_another_bridges_door_is_quarantined(site: Site, whose: str) -> None:
    journal = a_journal(site, 1)
    journal.scan(5, START, door=site.other_door if whose == "other_door" else uuid.uuid4())
    assert receive(site.bridge, journal.upload()) == UploadAck((1,), (), (2,))
    assert reasons_of_quarantine() == ["door: not one of this bridge"]


def check_what_an_offline_bridge_still_has_of_a_door_counts(site: Site) -> None:
    """Of a door that was given to another bridge meanwhile, perhaps because this one was silent."""
    journal = a_journal(site, 1)
    journal.scan(1010, START + timedelta(minutes=5))
    receive(site.bridge, journal.upload(1, 1))
    with writing() as session:
        door = session.scalars(select(Door).where(Door.public_id == site.studio_door)).one()
        door.bridge_id = site.other_bridge
        door.area_id = session.scalars(select(Area.id).where(Area.id != door.area_id)).first() or 0
    assert receive(site.bridge, journal.upload(2)) == UploadAck((2,), (), ())
    assert reasons_of_quarantine() == []
    with reading() as session:
        assert session.scalars(select(Entry.area_id)).all() == [site.studio, site.studio]


def test_what_an_offline_bridge_still_has_of_a_door_counts(site: Site) -> None:
    check_what_an_offline_bridge_still_has_of_a_door_counts(site)


@pytest.mark.planted_fault("only a bridge's doors of now are its doors")
def test_the_doors_of_now_alone_fail_the_check(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries_context, "_areas_before", lambda *_: {})
    with pytest.raises(AssertionError):
        check_what_an_offline_bridge_still_has_of_a_door_counts(site)


def test_an_entry_from_the_future_is_quarantined(site: Site) -> None:
    journal = a_journal(site, 1)
    journal.scan(5, START + timedelta(days=2))
    assert receive(site.bridge, journal.upload()).quarantined == (2,)


def test_a_row_with_the_seq_or_uuid_of_another_entry_is_quarantined(site: Site) -> None:
    journal = a_journal(site, 2)
    receive(site.bridge, journal.upload())
    thief = [replace(journal.rows[0], uuid=str(uuid.uuid4())), replace(journal.rows[1], seq=9)]
    upload = Upload(tuple(entry.to_json() for entry in thief), bytes(32), bytes(32))
    assert receive(site.bridge, upload) == UploadAck((), (), (1, 9))
    assert stored_seqs(site.bridge) == (1, 2)


def test_what_else_is_sent_under_one_seq_and_uuid_has_no_effect(site: Site) -> None:
    journal = a_journal(site, 1)
    refused = replace(journal.rows[0], granted=False, reason="expired")
    copies = Journal(site.studio_door, [refused, journal.rows[0], refused])
    assert receive(site.bridge, copies.upload()) == UploadAck((1,), (), (1,))
    assert reasons_of_quarantine() == ["seq or uuid: taken by another entry"]
    with reading() as session:
        assert list(session.scalars(select(Entry.granted))) == [False]
        assert session.scalar(select(func.count()).select_from(UsedCode)) == 0


def test_two_rows_with_one_seq_are_both_acknowledged(site: Site) -> None:
    first = a_journal(site, 1).rows[0]
    rows = (first, replace(first, uuid=str(uuid.uuid4())), first)
    receipt = receive(
        site.bridge, Upload(tuple(row.to_json() for row in rows), bytes(32), bytes(32))
    )
    assert (receipt.stored, receipt.quarantined) == ((1,), (1,))
    assert len(reasons_of_quarantine()) == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_concurrent_uploads_of_the_same_rows_store_each_once(app: Flask, site: Site) -> None:
    upload = a_journal(site, 50).upload()
    receipts = at_once(app, [lambda: receive(site.bridge, upload)] * 2)
    assert sorted(len(receipt.stored) for receipt in receipts) == [0, 50]
    assert stored_seqs(site.bridge) == tuple(range(1, 51))


def check_an_altered_row_opens_an_alarm(site: Site) -> None:
    """Changing an entry after its upload breaks the chain; later rows are stored all the same."""
    journal = a_journal(site, 6)
    receive(site.bridge, journal.upload(1, 3))
    journal.rows[1] = replace(journal.rows[1], granted=False)
    receipt = receive(site.bridge, journal.upload(4, 6))
    assert receipt.stored == (4, 5, 6)
    assert ("chain_break", 3) in alarms(site.bridge)


def test_a_broken_chain_opens_an_alarm_and_the_rows_are_stored(site: Site) -> None:
    check_an_altered_row_opens_an_alarm(site)


@pytest.mark.planted_fault("the hashes are not compared")
def test_not_comparing_the_hashes_fails_the_check(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries_context, "_differs", lambda *_: False)
    with pytest.raises(AssertionError):
        check_an_altered_row_opens_an_alarm(site)


def test_a_row_sent_again_with_other_values_opens_an_alarm(site: Site) -> None:
    journal = a_journal(site, 3)
    receive(site.bridge, journal.upload())
    journal.rows[1] = replace(journal.rows[1], granted=False)
    assert receive(site.bridge, journal.upload()).duplicates == (1, 2, 3)
    assert ("chain_break", 2) in alarms(site.bridge)


def test_a_missing_row_opens_an_alarm(site: Site) -> None:
    journal = a_journal(site, 4)
    whole = journal.upload()
    receive(site.bridge, Upload(whole.rows[:1] + whole.rows[2:], whole.after, whole.head))
    assert alarms(site.bridge) == [("chain_break", 4)]


def test_the_same_alarm_is_opened_once(site: Site) -> None:
    upload = replace(a_journal(site, 2).upload(), head=bytes(32))
    receive(site.bridge, upload)
    receive(site.bridge, upload)
    assert alarms(site.bridge) == [("chain_break", 2)]


def test_a_code_granted_twice_into_one_area_opens_an_alarm(
    site: Site,
) -> None:
    first, second = Journal(site.studio_door), Journal(site.other_door)
    first.scan(5, START)
    second.scan(5, START)
    assert (
        receive(site.bridge, first.upload()).stored
        == receive(site.other_bridge, second.upload()).stored
        == (1,)
    )
    assert alarms(site.bridge) == []
    assert alarms(site.other_bridge) == [("code_used_twice", 1)]


def test_a_code_may_be_used_once_in_each_area(site: Site) -> None:
    journal = Journal(site.lobby_door)
    journal.scan(5, START)
    journal.scan(5, START, door=site.studio_door)
    receive(site.bridge, journal.upload())
    assert alarms(site.bridge) == []


def test_a_refused_scan_does_not_use_up_the_code(site: Site) -> None:
    journal = Journal(site.studio_door)
    journal.scan(5, START, granted=False)
    journal.scan(5, START)
    receive(site.bridge, journal.upload())
    assert alarms(site.bridge) == []


def newer_upload(journal: Journal, **changed: object) -> Upload:
    """An upload of a newer bridge: its last entry has words or fields that are new."""
    whole = journal.upload()
    hashes, rows = [GENESIS], [entry.to_json() for entry in journal.rows]
    rows[-1] |= changed
    for row in rows:
        hashes.append(hash_text(hashes[-1], to_canonical_json(row)))
    return Upload(tuple(rows), whole.after, hashes[-1])


@pytest.mark.parametrize(
    "newer",
    [
        {"kind": "tailgated"},
        {"reason": "granted_by_guest"},
        {"clock": "gps"},
        {"lux": 40},
        {"lux": {"hall": [1.5]}},
    ],
)
def test_an_entry_of_a_newer_bridge_is_stored_with_an_alarm(
    site: Site, newer: dict[str, object]
) -> None:
    journal = a_journal(site, 2)
    assert receive(site.bridge, newer_upload(journal, **newer)).stored == (1, 2)
    assert alarms(site.bridge) == [("unknown_word", 2)]
    # In a transaction, as the doctor's: PostgreSQL's cursors need one.
    with writing() as session:
        entry = session.scalars(select(Entry).where(Entry.seq == 2)).one()
        for name in newer.keys() - {"lux"}:
            assert getattr(entry, name) == newer[name]
        assert list(find_chain_breaks(session, START - timedelta(days=1))) == []


def test_a_grant_for_a_new_reason_is_a_visit(site: Site) -> None:
    holder = _empty_site_holder(site)
    journal = Journal(site.studio_door)
    journal.scan(holder, START)
    receive(site.bridge, newer_upload(journal, reason="granted_by_guest"))
    assert visits_now() == 1


def test_the_chain_goes_on_after_an_entry_of_a_newer_bridge(site: Site) -> None:
    journal = a_journal(site, 2)
    first = newer_upload(journal, lux=40)
    receive(site.bridge, first)
    third = journal.scan(7, START)
    head = hash_text(first.head, to_canonical_json(third.to_json()))
    upload = Upload((third.to_json(),), first.head, head)
    assert receive(site.bridge, upload).stored == (3,)
    assert alarms(site.bridge) == [("unknown_word", 2)]


def test_a_newer_bridge_has_one_alarm_until_it_is_acknowledged(site: Site) -> None:
    journal = Journal(site.studio_door)
    for minute in range(3):
        journal.scan(9, START + timedelta(minutes=minute), kind="tailgated")
        receive(site.bridge, journal.upload())
    assert alarms(site.bridge) == [("unknown_word", 1)]
    with writing() as session:
        member, _ = a_member(session, site, "manager")
        session.execute(update(BridgeAlarm).values(acknowledged_at=START, acknowledged_by=member))
    journal.scan(9, START + timedelta(minutes=3), kind="tailgated")
    receive(site.bridge, journal.upload())
    assert alarms(site.bridge) == [("unknown_word", 1), ("unknown_word", 4)]


def test_an_entry_of_an_unknown_holder_is_stored_without_a_visit(site: Site) -> None:
    journal = a_journal(site, 1)
    assert receive(site.bridge, journal.upload()).stored == (1,)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Visit)) == 0
        assert session.scalar(select(func.count()).select_from(Entry).where(Entry.pending)) == 0


def test_deriving_twice_changes_nothing(site: Site) -> None:
    receive(site.bridge, a_journal(site, 3).upload())
    derive_visits()
    assert stored_seqs(site.bridge) == (1, 2, 3)
