"""Benchmarks say what they measured, and refuse to measure what is wrong."""

import json
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import func, select

from firmware_bridge.sim.measure_upload import read_phones
from firmware_bridge.wire import token as codes
from tests.world import booking
from tests.world.site import build as build_site
from zone.access.credentials.models import Credential
from zone.access.visits.models import Visit
from zone.bench import bare, check_in, herd, upload
from zone.bench.load import Outcome
from zone.bench.measurements import COLUMNS, Measurement, percentile, table
from zone.booking.bookings.models import Booking
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.row_records.models import RowRecord
from zone.members.people.models import Member
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries
from zone.passes.passes.models import PassEvent


def test_a_figure_is_one_object_with_null_where_nothing_applies() -> None:
    line = Measurement("door", "1k", "ms", 300, p50=0.5).as_json()
    assert tuple(json.loads(line)) == COLUMNS
    assert json.loads(line)["ratio"] is None


def test_the_table_has_a_row_for_each_figure() -> None:
    lines = table(
        [Measurement("herd", "sqlite", "ms", 9, value=20.0), Measurement("door", "1k", "ms", 3)]
    ).splitlines()
    assert [line.split()[0] for line in lines] == ["bench", "herd", "door"]


def test_percentiles_are_of_the_nearest_rank() -> None:
    assert [percentile(range(1, 101), p) for p in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7.0], 99) == 7.0


def an_outcome(won: int, *, reasons: bool = True) -> Outcome:
    refusal = json.dumps({"reasons": [{"code": "session_full"}] if reasons else []}).encode()
    outcome = Outcome()
    for client in range(herd.MEMBERS):
        outcome.final[client] = 201 if client < won else 409
        outcome.bodies[client] = b"{}" if client < won else refusal
        outcome.answers[outcome.final[client]] += 1
    return outcome


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (an_outcome(herd.PLACES + 1), "21 confirmed"),
        (an_outcome(herd.PLACES - 1), "19 confirmed"),
        (an_outcome(herd.PLACES, reasons=False), "without a reason"),
        (an_outcome(herd.PLACES), "0 stored"),
    ],
)
def test_a_wrong_outcome_gives_no_figure(
    app: Flask, settings: Settings, outcome: Outcome, why: str
) -> None:
    with pytest.raises(herd.WrongOutcomeError, match=why):
        herd.check(outcome, settings, uuid.uuid4())


def test_a_right_outcome_gives_a_figure(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(herd, "_stored", lambda *_: herd.PLACES)
    herd.check(an_outcome(herd.PLACES), settings, uuid.uuid4())


@pytest.mark.thorough
@pytest.mark.parametrize("hour", [3, 11])  # the studio has classes on Thursday afternoons
def test_the_rush_is_prepared_with_passes_and_twenty_seats(
    settings: Settings, app: Flask, monkeypatch: pytest.MonkeyPatch, hour: int
) -> None:
    monkeypatch.setattr(herd, "MEMBERS", 3)
    monday = datetime.combine(utc_now() - timedelta(days=utc_now().weekday()), time(hour), UTC)
    rush = herd.prepare_rush(settings, monday)
    assert len(rush.members) == 3
    assert len(set(rush.sessions)) == 2 * herd.ROUNDS
    with writing() as session:
        first = sign_in_sessions_queries.actor_of_token(session, rush.members[0][1], monday)
    assert first is not None


def test_the_bare_route_books_in_the_same_database_and_keeps_no_lock(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing() as session:
        world = booking.build(session)
        people = [booking.a_member(session, world, name) for name in ("a", "b", "c")]
        class_session = booking.a_session(
            session, world, offer=booking.class_details(world, capacity=2, percent=100)
        ).public_id
    monkeypatch.setenv("BARE_DATABASE", settings.database)
    bare_app = bare.create()
    bare_app.testing = True  # so that an error reaches us
    client = bare_app.test_client()
    bodies = [{"session": str(class_session), "member": person} for person in people]
    statuses = [client.post("/bookings", json=body).status_code for body in bodies]
    twice = {"session": str(_another(world)), "member": people[0]}
    client.post("/bookings", json=twice)
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        client.post("/bookings", json=twice)
    with closing(bare._local.__dict__.pop("connection")), writing() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == 3
    assert statuses == [201, 201, 409]


def test_who_is_checked_in_has_used_a_pass_before(
    settings: Settings, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_in, "PEOPLE", 1)
    desk = check_in.prepare(settings, utc_now())
    ids = [id_ for id_, _ in desk.people]
    with reading() as session:
        visitors = session.scalars(select(Visit.member_id).where(Visit.area_id == desk.area_id))
        assert set(visitors) == set(ids)
        used = select(func.count()).where(PassEvent.kind == "first_used")
        assert session.scalar(used) == len(ids) == check_in.ROUNDS + 1
    assert check_in._stored(settings, ids) == 0


def test_the_phones_of_an_upload_are_those_that_the_server_knows(
    settings: Settings, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PHONES", 2)
    arguments = upload.prepare(settings, utc_now())
    phones = read_phones(Path(arguments[arguments.index("--phones") + 1]))
    with reading() as session:
        known = select(Credential.kid, Member.holder)
        rows = session.execute(known.join(Member, Member.id == Credential.member_id))
        holders = {(kid, holder) for kid, holder in rows}
    assert {(phone.kid, phone.holder) for phone in phones} == holders
    assert len(holders) == 2


def test_the_bare_check_in_verifies_a_signature_and_inserts_three_rows(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing() as session:
        site = build_site(session)
        member = booking.a_member(session, site.world, "anna")
    monkeypatch.setenv("BARE_DATABASE", settings.database)
    bare_app = bare.create()
    bare_app.testing = True  # so that an error reaches us
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    body = {"code": codes.sign_short(key, 1), "area": site.studio, "member": member, "actor": None}
    statuses = [
        bare_app.test_client()
        .post("/check-ins", json=body | {"point": codes.compress(one.public_key()).hex()})
        .status_code
        for one in (key, other)
    ]
    of_visits = RowRecord.of_table == Visit.__tablename__
    with closing(bare._local.__dict__.pop("connection")), reading() as session:
        counts = [
            session.scalar(select(func.count()).select_from(model).where(*conditions))
            for model, conditions in ((Visit, ()), (RowRecord, (of_visits,)), (AuditRow, ()))
        ]
    assert (statuses, counts) == ([200, 403], [1, 1, 1])


def _another(world: booking.World) -> uuid.UUID:
    with writing() as session:
        return booking.a_session(session, world, start=booking.NOW + timedelta(hours=8)).public_id
