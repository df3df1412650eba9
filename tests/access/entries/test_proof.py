"""A granted entry proves itself by the code that was scanned; what does not makes no visit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import func, select, update

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages.entries import GENESIS, Upload
from firmware_bridge.wire.messages.entries import Entry as WireEntry
from tests.world.booking import NOW
from tests.world.people import a_person
from tests.world.site import (
    START,
    Journal,
    Phone,
    Site,
    a_bridge_at_work,
    a_member,
    a_phone,
    a_staff_actor,
    derive_visits,
    door_of,
    store_entries,
)
from zone.access.alarms.models import BridgeAlarm
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.access.entries import context, service
from zone.access.entries.invariants import find_chain_breaks
from zone.access.entries.jobs import remove_people
from zone.access.entries.models import Entry, Quarantine
from zone.access.entries.rules import seq_of
from zone.access.issuer_keys.queries import issuers
from zone.access.visits.models import Visit
from zone.access.visits.queries import count_unproven
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing

AT = START + timedelta(minutes=1)


@pytest.fixture
def phone(site: Site, settings: Settings) -> Phone:
    with writing() as session:
        member, _ = a_member(session, site, "student")
        return a_phone(session, member, settings)


@pytest.fixture
def updated(site: Site) -> None:
    """The bridge speaks wire version 3 since an hour before the scans."""
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        bridge.wire, bridge.proves_since = 3, START - timedelta(hours=1)


def scan_of(phone: Phone, site: Site, at: datetime = AT, flags: int = 0) -> WireEntry:
    """A granted scan as a bridge of wire version 3 writes it."""
    ts = int(at.timestamp())
    journal = Journal(site.studio_door)
    return journal.scan(
        phone.holder, at, kid=phone.kid, ts=ts, code=codes.sign_short(phone.key, ts, flags)
    )


def upload(site: Site, settings: Settings, *entries: WireEntry, now: datetime = AT) -> None:
    rows = [replace(entry, seq=seq) for seq, entry in enumerate(entries, 1)]
    upload_rows(site, settings, *rows, now=now)


def upload_rows(site: Site, settings: Settings, *rows: WireEntry, now: datetime = AT) -> None:
    """Upload rows with the seqs that they have."""
    journal = Journal(site.studio_door, list(rows))
    with writing() as session:
        keys = partial(issuers, settings.keys)
        store_entries(session, site.bridge, journal.upload(), now, keys)
    derive_visits(now)


def visit_count() -> int:
    with reading() as session:
        live = select(func.count()).select_from(Visit).where(Visit.retracted_at.is_(None))
        return session.scalars(live).one()


def proofs() -> list[bool | None]:
    with reading() as session:
        return list(session.scalars(select(Entry.proven).order_by(Entry.id)))


def alarms() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(BridgeAlarm.kind).order_by(BridgeAlarm.id)))


def test_the_code_of_a_scan_proves_the_visit(
    site: Site, phone: Phone, settings: Settings, updated: None
) -> None:
    upload(site, settings, scan_of(phone, site))
    assert (proofs(), visit_count(), alarms()) == ([True], 1, [])


def test_a_new_phone_is_proven_by_its_certificate(
    site: Site, phone: Phone, settings: Settings, updated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_keys", lambda session, kids: {})
    ts = int(AT.timestamp())
    long = codes.sign_long(phone.key, phone.certificate, ts)
    good = replace(scan_of(phone, site), code=long)
    somebody = replace(good, uuid=NOBODY, holder=phone.holder % 1000 + 1, ts=ts)
    upload(site, settings, good, somebody)
    assert (proofs(), alarms()) == ([True, False], ["unproven"])


STRANGER = ec.generate_private_key(ec.SECP256R1())
NOBODY = "00000000-0000-4000-8000-000000000001"
Forge = Callable[[WireEntry, Phone], WireEntry]
FORGED: dict[str, Forge] = {
    "no code": lambda good, phone: replace(good, code=None),
    "another holder": lambda good, phone: replace(good, holder=phone.holder + 1),
    "another time of the code": lambda good, phone: replace(good, ts=(good.ts or 0) - 5),
    "long after its code": lambda good, phone: replace(good, occurred_at=good.occurred_at + 60_000),
    "before its code": lambda good, phone: replace(good, occurred_at=good.occurred_at - 60_000),
    "a flag that was not signed": lambda good, phone: replace(good, duress=True),
    "an unknown key": lambda good, phone: replace(good, kid=b"12345678"),
    "a damaged code": lambda good, phone: replace(good, code=with_another_end(good.code or "")),
    "rubbish": lambda good, phone: replace(good, code="Z1 RUBBISH"),
    "a signature of its own": lambda good, phone: replace(
        good, code=codes.sign_short(STRANGER, good.ts or 0)
    ),
}


def with_another_end(code: str) -> str:
    return code[:-1] + ("1" if code.endswith("0") else "0")


def check_what_is_not_proven_makes_no_visit(
    site: Site, phone: Phone, settings: Settings, forge: Forge
) -> None:
    upload(site, settings, forge(scan_of(phone, site), phone))
    assert (proofs(), visit_count(), alarms()) == ([False], 0, ["unproven"])


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
@pytest.mark.engines("sqlite", thorough="postgresql")
def test_what_is_not_proven_makes_no_visit_and_an_alarm(
    site: Site, phone: Phone, settings: Settings, updated: None, forge: Forge
) -> None:
    check_what_is_not_proven_makes_no_visit(site, phone, settings, forge)


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a bridge is believed")
def test_a_bridge_that_is_believed_fails_the_check(
    site: Site, phone: Phone, settings: Settings, updated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "is_proof", lambda *asked: True)
    with pytest.raises(AssertionError):
        check_what_is_not_proven_makes_no_visit(
            site, phone, settings, FORGED["a signature of its own"]
        )


def check_a_code_proves_its_own_row_alone(
    site: Site, phone: Phone, settings: Settings, seq: int
) -> None:
    good = scan_of(phone, site)
    with writing() as session:
        member, _ = a_member(session, site, "absent")
        absent = a_phone(session, member, settings)
    # Two rows under one uuid: the first is invented, the second has somebody's real code.
    invented = replace(good, holder=absent.holder, kid=absent.kid, code="Z1 NOTHING")
    upload_rows(site, settings, replace(invented, seq=1), replace(good, seq=seq))
    assert (proofs(), visit_count(), alarms()) == ([False], 0, ["unproven", "set_aside"])


@pytest.mark.parametrize("seq", [1, 2])
def test_a_code_proves_its_own_row_alone(
    site: Site, phone: Phone, settings: Settings, updated: None, seq: int
) -> None:
    check_a_code_proves_its_own_row_alone(site, phone, settings, seq)


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("proofs are looked up by the uuid of an entry")
def test_proofs_by_uuid_fail_the_check(
    site: Site, phone: Phone, settings: Settings, updated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_uuid(entry: WireEntry, known: context.Proofs) -> bool | None:
        return {proven.uuid: proof for proven, proof in known.items()}.get(entry.uuid)

    monkeypatch.setattr(service, "_proof", by_uuid)
    with pytest.raises(AssertionError):
        check_a_code_proves_its_own_row_alone(site, phone, settings, 2)


def test_a_grant_whose_proof_nobody_looked_at_makes_no_visit(
    site: Site, phone: Phone, updated: None
) -> None:
    journal = Journal(site.studio_door)
    journal.append(scan_of(phone, site))
    with writing() as session:
        service.receive(session, site.bridge, journal.upload(), {}, AT)
    derive_visits(AT)
    assert (proofs(), visit_count(), alarms()) == ([False], 0, ["unproven"])


def test_a_door_is_not_said_to_have_let_in_whom_nothing_proves(
    app: Flask, site: Site, phone: Phone, settings: Settings, updated: None
) -> None:
    upload(site, settings, replace(scan_of(phone, site), code=None))
    assert door_of(a_person(app, "admin"), site.studio_door)["last_entry"]["granted"] is False


def test_many_forged_entries_are_one_alarm(
    site: Site, phone: Phone, settings: Settings, updated: None
) -> None:
    forged = [
        replace(scan_of(phone, site, AT + timedelta(seconds=number)), code=None)
        for number in range(20)
    ]
    upload(site, settings, *forged, now=AT + timedelta(minutes=1))
    assert (proofs(), alarms()) == ([False] * 20, ["unproven"])


def test_the_word_of_an_older_bridge_counts_and_is_counted_by_the_doctor(
    site: Site, phone: Phone, settings: Settings
) -> None:
    upload(site, settings, replace(scan_of(phone, site), code=None))
    assert (proofs(), visit_count(), alarms()) == ([None], 1, [])
    with reading() as session:
        assert count_unproven(session, START - timedelta(days=1)) == 1


def test_what_a_bridge_let_in_before_its_update_still_counts(
    site: Site, phone: Phone, settings: Settings, updated: None
) -> None:
    before = START - timedelta(hours=2)
    upload(site, settings, replace(scan_of(phone, site, before), code=None))
    assert (proofs(), visit_count()) == ([None], 1)


def check_nothing_is_invented_from_before_the_update(
    site: Site, phone: Phone, settings: Settings
) -> None:
    first, second, third = (
        replace(scan_of(phone, site, AT - timedelta(days=days)), code=None) for days in (2, 3, 4)
    )
    upload_rows(site, settings, replace(scan_of(phone, site), seq=1), replace(first, seq=2))
    upload_rows(site, settings, replace(second, seq=3))
    upload_rows(site, settings, replace(third, seq=4))
    assert (proofs(), visit_count()) == ([True, False, False, False], 1)


def test_after_a_code_a_bridge_invents_nothing_from_before_its_update(
    site: Site, phone: Phone, settings: Settings, updated: None
) -> None:
    check_nothing_is_invented_from_before_the_update(site, phone, settings)


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("what a bridge says of the time is believed")
def test_a_time_that_is_believed_fails_the_check(
    site: Site, phone: Phone, settings: Settings, updated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_follows_code", lambda *asked: False)
    with pytest.raises(AssertionError):
        check_nothing_is_invented_from_before_the_update(site, phone, settings)


@pytest.mark.parametrize(("seen_at", "proof"), [(None, False), (START, None)])
def test_only_a_bridge_that_was_at_work_before_has_entries_without_a_code(
    app: Flask,
    site: Site,
    phone: Phone,
    settings: Settings,
    seen_at: datetime | None,
    proof: bool | None,
) -> None:
    with writing() as session:
        session.get_one(Bridge, site.bridge).seen_at = seen_at
    a_bridge_at_work(app.test_client(), site, wire=3)
    at = utc_now() - timedelta(hours=1)
    upload(site, settings, replace(scan_of(phone, site, at), code=None), now=utc_now())
    assert proofs() == [proof]


def test_what_arrives_long_after_the_last_day_counts_no_more(
    site: Site, phone: Phone, settings: Settings
) -> None:
    with writing() as session:
        actor = a_staff_actor(session, site, "admin")
        bridges.set_last_unproven(session, AT.date(), version=1, actor=actor, now=NOW)
    for days, proof in ((14, None), (15, False)):
        scan = replace(scan_of(phone, site, AT), code=None, seq=days)
        upload_rows(site, settings, scan, now=AT + timedelta(days=days))
        assert proofs()[-1] is proof


def test_after_the_last_day_the_word_of_a_bridge_makes_no_visit(
    site: Site, phone: Phone, settings: Settings
) -> None:
    last = date(START.year, START.month, START.day)
    with writing() as session:
        actor = a_staff_actor(session, site, "admin")
        bridges.set_last_unproven(session, last, version=1, actor=actor, now=NOW)
    today = replace(scan_of(phone, site), code=None)
    later = AT + timedelta(days=1)
    tomorrow = replace(scan_of(phone, site, later), code=None)
    upload(site, settings, today, tomorrow, now=later)
    assert (proofs(), visit_count()) == ([None, False], 1)


def test_the_code_goes_with_the_person(
    site: Site, phone: Phone, settings: Settings, updated: None
) -> None:
    upload(site, settings, scan_of(phone, site))
    remove_people(settings, AT + timedelta(days=400))
    with reading() as session:
        row = session.execute(select(Entry.code, Entry.kid, Entry.holder, Entry.proven)).one()
    assert tuple(row) == (None, None, None, True)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (AT + timedelta(minutes=11), "occurred_at: in the future"),
        (AT + timedelta(hours=23), "occurred_at: in the future"),
        (AT - timedelta(days=400), "occurred_at: before the bridge was enrolled"),
    ],
)
def test_an_entry_of_an_impossible_time_is_set_aside_with_an_alarm(
    site: Site, phone: Phone, settings: Settings, updated: None, at: datetime, why: str
) -> None:
    with writing() as session:
        session.get_one(Bridge, site.bridge).enrolled_at = NOW - timedelta(days=30)
    upload(site, settings, scan_of(phone, site, at))
    with reading() as session:
        assert list(session.scalars(select(Quarantine.why))) == [why]
    assert (visit_count(), alarms()) == (0, ["set_aside"])


def test_a_refusal_of_a_clock_that_was_not_set_is_stored(
    site: Site, phone: Phone, settings: Settings, updated: None
) -> None:
    refused = replace(
        scan_of(phone, site), granted=False, reason="clock_unset", code=None, clock="unset",
        occurred_at=1_000,
    )  # fmt: skip
    upload(site, settings, refused)
    assert (proofs(), alarms()) == ([None], [])


def test_the_quarantine_of_a_bridge_has_an_end(
    site: Site, phone: Phone, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_QUARANTINED", 5)
    late = [scan_of(phone, site, AT + timedelta(days=2 + number)) for number in range(20)]
    upload(site, settings, *late)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Quarantine)) == 5


def test_of_a_long_row_the_quarantine_keeps_the_beginning(
    site: Site, phone: Phone, settings: Settings
) -> None:
    rows = ({"seq": 1, "x": "y" * 900_000}, {"seq": [], "x": "y" * 90_000})
    with writing() as session:
        store_entries(session, site.bridge, Upload(rows, GENESIS, GENESIS), AT)
    with reading() as session:
        raws = list(session.scalars(select(Quarantine.raw).order_by(Quarantine.raw)))
    assert [len(raw) < 5_000 for raw in raws] == [True, True]
    assert sorted(map(str, map(seq_of, raws))) == ["1", "None"]


def test_a_chain_stays_whole_when_the_rows_set_aside_are_emptied(
    site: Site, phone: Phone, settings: Settings, updated: None
) -> None:
    days = (0, 2, 0)
    scans = [
        scan_of(phone, site, AT + timedelta(days, seconds)) for seconds, days in enumerate(days)
    ]
    upload(site, settings, *scans)
    later = AT + timedelta(days=400)
    remove_people(settings, later)
    with writing() as session:  # PostgreSQL reads in pieces within a transaction only
        assert list(session.scalars(select(Quarantine.raw))) == ['{"seq": 2}']
        assert list(find_chain_breaks(session, later)) == []
    # As earlier versions left them; and what a box makes up breaks no check.
    with writing() as session:
        session.execute(update(Quarantine).values(raw=""))
        store_entries(session, site.bridge, Upload(({"seq": [5]},), GENESIS, GENESIS), AT)
        assert list(find_chain_breaks(session, later)) == []


def test_the_last_day_is_set_by_who_may_and_not_over_another_edit(app: Flask, site: Site) -> None:
    admin, desk = a_person(app, "admin"), a_person(app, "desk")
    assert admin.get("/api/v1/door-policy").get_json() == {"unproven_until": None, "version": 1}
    first = {"unproven_until": "2027-03-31", "version": 1}
    assert desk.put("/api/v1/door-policy", json=first).status_code == 403
    assert admin.put("/api/v1/door-policy", json=first).status_code == 200
    # The second tap changes nothing; an edit of what was read before it is refused.
    assert admin.put("/api/v1/door-policy", json=first).status_code == 200
    late = first | {"unproven_until": None}
    assert admin.put("/api/v1/door-policy", json=late).status_code == 409
    assert desk.get("/api/v1/door-policy").get_json() == first | {"version": 2}
