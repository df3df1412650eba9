"""The doctor finds what is wrong, each thing by its own check, and says what to do."""

import json
import os
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from tests.world.backups import fill
from tests.world.booking import NOW
from tests.world.surveys import open_survey
from zone.access.bridges.models import Bridge
from zone.access.entries import invariants as entries_invariants
from zone.access.entries.models import Entry, Quarantine
from zone.access.roster import service as roster
from zone.app import FEATURES, MIGRATIONS
from zone.booking.bookings.models import Booking
from zone.booking.waitlist.models import QueueEntry
from zone.cli.main import zone
from zone.cli.operating import opened
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.ids import new_public_id
from zone.core.jobs.models import JobRun
from zone.demo.machine.processes import free_port
from zone.feedback.answers.models import Participation
from zone.feedback.surveys.models import Survey
from zone.members.people.models import Member
from zone.operation.doctor import service as doctor
from zone.operation.doctor.findings import Finding
from zone.operation.secrets import service as secrets
from zone.passes.orders.models import Order
from zone.passes.payments.models import Payment, PaymentEvent
from zone.passes.receipts.models import Receipt, ReceiptSequence
from zone.scheduler import JOBS

AT = NOW + timedelta(minutes=1)
INVARIANTS = tuple(invariant for feature in FEATURES for invariant in feature.invariants)


def findings(settings: Settings, now: datetime = AT, *, quick: bool = False) -> list[Finding]:
    return list(
        doctor.examine(
            settings,
            str(MIGRATIONS),
            jobs=JOBS,
            invariants=INVARIANTS,
            clock=lambda: now,
            quick=quick,
        )
    )


def broken(settings: Settings) -> dict[str, str]:
    """The invariants that do not hold, and what is said of each."""
    names = {one.name for one in INVARIANTS}
    return {
        one.check: one.what
        for one in findings(settings)
        if one.check in names and one.level == "fail"
    }


@pytest.fixture
def service(app: Flask, settings: Settings) -> Settings:
    """A service in which all is well."""
    fill(settings)
    open_survey(settings)
    with writing() as session:
        roster.number(session)
        session.add(ReceiptSequence(year=2026, last=3))
        _receipts(session, 3)
    return settings


def _receipts(session: Session, count: int) -> None:
    member = session.scalar(select(func.min(Member.id)))
    for number in range(1, count + 1):
        order = Order(
            public_id=new_public_id(),
            member_id=member,
            total_cents=1900,
            currency="EUR",
            placed_at=NOW,
        )
        session.add(order)
        session.flush()
        session.add(
            Receipt(
                year=2026,
                number=number,
                order_id=order.id,
                kind="sale",
                cents=1900,
                issued_at=NOW,
                seller_name="",
                seller_address="",
                seller_business_id="",
            )
        )


def test_where_all_is_well_every_invariant_holds(service: Settings) -> None:
    assert broken(service) == {}
    assert {one.name for one in INVARIANTS} <= {one.check for one in findings(service)}


def test_in_a_hurry_all_is_asked_but_what_reads_every_entry(service: Settings) -> None:
    quick = {finding.check for finding in findings(service, quick=True)}
    assert {finding.check for finding in findings(service)} - quick == {"visits", "chains"}


# One planted fault for each invariant, past the keys that would refuse it.

Plant = Callable[[Session], object]


def without_key(table: str, name: str) -> None:
    """Take away what refuses a fault. On SQLite a key of the table itself goes only with the table."""
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"))
            connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
            return
    with closing(db.engine.raw_connection()) as raw:
        for statement in (
            "PRAGMA foreign_keys=OFF",
            "PRAGMA legacy_alter_table=ON",
            f"CREATE TABLE bare AS SELECT * FROM {table}",
            f"DROP TABLE {table}",
            f"ALTER TABLE bare RENAME TO {table}",
            "PRAGMA foreign_keys=ON",
        ):
            raw.execute(statement)


def again(table: str, **changed: object) -> Plant:
    """The first row once more, under the next number and with these values."""

    def plant(session: Session) -> None:
        row = dict(
            session.execute(text(f"SELECT * FROM {table} ORDER BY id LIMIT 1")).mappings().one()
        )
        row |= {"id": session.scalar(text(f"SELECT max(id) + 1 FROM {table}"))} | changed
        if "public_id" in row:
            row["public_id"] = new_public_id().hex
        places = ", ".join(f":{name}" for name in row)
        session.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"), row)

    return plant


def sql(statement: str) -> Plant:
    return lambda session: session.execute(text(statement))


def two_payments(session: Session) -> None:
    order = session.scalars(select(func.min(Order.id))).one() or 0
    for _ in range(2):
        _paid(session, order)


def no_receipt(session: Session) -> None:
    member = session.scalars(select(func.min(Member.id))).one()
    order = Order(
        public_id=new_public_id(), member_id=member, total_cents=1900, currency="EUR", placed_at=NOW
    )
    session.add(order)
    session.flush()
    _paid(session, order.id)


def _paid(session: Session, order_id: int) -> None:
    payment = Payment(
        order_id=order_id,
        provider="none",
        reference=new_public_id().hex,
        cents=1900,
        currency="EUR",
        started_at=NOW,
    )
    session.add(payment)
    session.flush()
    session.add(
        PaymentEvent(payment_id=payment.id, outcome="paid", occurred_at=NOW, recorded_at=NOW)
    )


def waits_twice(session: Session) -> None:
    booking = session.scalars(select(Booking).limit(1)).one()
    for _ in range(2):
        row = {
            "session_id": booking.session_id,
            "member_id": booking.member_id,
            "state": "waiting",
            "created_at": NOW,
        }
        session.execute(insert(QueueEntry).values(public_id=new_public_id(), **row))


def a_lost_box(session: Session) -> None:
    member = session.scalars(select(func.min(Member.id))).one()
    session.add(Participation(survey_id=session.scalars(select(Survey.id)).one(), member_id=member))


def no_trigger(session: Session) -> None:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    name = "booking_event_no_delete" if on_sqlite else "booking_event_append_only ON booking_event"
    session.execute(text(f"DROP TRIGGER {name}"))


FAULTS: dict[str, tuple[tuple[str, str] | None, Plant]] = {
    "places": (None, sql("UPDATE class_session SET booked = booked - 1 WHERE booked > 0")),
    "spaces": (("hold", "uq_hold_part_slice"), again("hold")),
    "released": (None, sql("UPDATE class_session SET state = 'cancelled'")),
    "bookings": (("booking", "uq_booking_live"), again("booking")),
    "queues": (("queue_entry", "uq_queue_entry_live"), waits_twice),
    "entries": (("entry", "uq_entry_uuid"), again("entry", seq=99, before=None, pending=True)),
    "visits": (
        None,
        sql("UPDATE visit SET retracted_at = occurred_at WHERE id = (SELECT min(id) FROM visit)"),
    ),
    "chains": (None, sql("UPDATE entry SET granted = NOT granted WHERE seq = 2")),
    "roster": (
        None,
        sql("DELETE FROM roster_mark WHERE member_id = (SELECT min(member_id) FROM credential)"),
    ),
    "receipts": (None, sql("UPDATE receipt_sequence SET last = last + 1")),
    "payments": (None, two_payments),
    "sales": (None, no_receipt),
    "surveys": (None, a_lost_box),
    "record": (None, no_trigger),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.own_database
@pytest.mark.planted_fault("one fault for each invariant")
def test_each_fault_fails_its_own_check(service: Settings, name: str) -> None:
    key, plant = FAULTS[name]
    if key is not None:
        without_key(*key)
    with writing() as session:
        plant(session)
    assert name in broken(service)


def test_every_invariant_has_a_fault_that_fails_it() -> None:
    assert set(FAULTS) == {one.name for one in INVARIANTS}


def test_the_guide_for_operators_names_every_invariant() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "operation.md").read_text(encoding="utf-8")
    assert [one.name for one in INVARIANTS if f"| `{one.name}` | {one.holds} |" not in guide] == []


# The chain of a bridge.


@pytest.mark.parametrize(
    ("statement", "caught"),
    [
        ("DELETE FROM entry WHERE seq = 2", True),
        ("DELETE FROM entry WHERE seq = 1", True),
        ("UPDATE entry SET holder = holder + 1 WHERE seq = 3", True),
        ("UPDATE entry SET before = after WHERE seq = 3", True),
        ("UPDATE entry SET recorded_at = occurred_at", False),
    ],
)
@pytest.mark.own_database
def test_a_changed_or_missing_entry_shows(service: Settings, statement: str, caught: bool) -> None:
    with writing() as session:
        session.execute(text("DELETE FROM attendance"))
        session.execute(text("DELETE FROM visit"))
        session.execute(text(statement))
    assert ("chains" in broken(service)) == caught


def test_an_entry_that_was_set_aside_leaves_no_broken_chain(service: Settings) -> None:
    with writing() as session:
        session.execute(text("DELETE FROM attendance"))
        session.execute(text("DELETE FROM visit"))
        bridge = session.scalars(select(Entry.bridge_id).limit(1)).one()
        session.execute(text("DELETE FROM entry WHERE seq = 2"))
        row = {
            "bridge_id": bridge,
            "digest": b"d",
            "raw": '{"seq": 2}',
            "why": "door",
            "recorded_at": NOW,
        }
        session.execute(insert(Quarantine).values(row))
    assert "chains" not in broken(service)


def test_people_who_were_forgotten_leave_no_broken_chain(service: Settings) -> None:
    with writing() as session:
        session.execute(update(Entry).values(holder=None, kid=None))
    with doctor.snapshot() as session:
        assert list(entries_invariants.breaks(session, NOW + timedelta(days=1))) == []


# What Zone stands on, and what should be moving.


def said(found: Iterable[Finding], check: str) -> list[tuple[str, str]]:
    return [(one.level, one.todo) for one in found if one.check == check and one.level != "ok"]


def test_nothing_runs_and_each_part_is_named(service: Settings) -> None:
    found = findings(replace(service, demo=True))
    assert ("fail", "Unset ZONE_DEMO on a real service.") in said(found, "settings")
    assert said(found, "mail") == [("warn", "Set ZONE_SMTP_URL.")]
    assert said(found, "jobs")[0][0] == "warn"
    assert "Start `zone scheduler`" in said(found, "jobs")[0][1]


def test_a_service_installed_a_moment_ago_may_be_without_jobs_and_no_longer(
    service: Settings,
) -> None:
    levels = [
        said(findings(service, NOW + timedelta(minutes=late)), "jobs")[0][0] for late in (4, 6)
    ]
    assert levels == ["warn", "fail"]


def test_a_scheduler_that_has_gone_is_told(service: Settings) -> None:
    with writing() as session:
        session.add(
            JobRun(
                job=JOBS[0].name, slot=NOW, state="done", started_at=NOW, finished_at=NOW, done=0
            )
        )
    assert said(findings(service, NOW + timedelta(minutes=4)), "jobs") == []
    assert said(findings(service, NOW + timedelta(minutes=6)), "jobs")[0][0] == "fail"


def test_mail_that_waits_and_a_server_that_is_away_are_told(service: Settings) -> None:
    away = replace(service, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    assert [level for level, _ in said(findings(away, AT + timedelta(hours=3)), "mail")] == [
        "fail",
        "fail",
    ]


def test_a_bridge_that_is_not_heard_is_told_and_one_that_is_heard_not(service: Settings) -> None:
    with writing() as session:
        session.execute(update(Bridge).values(public_key=None, enrolled_at=NOW))
        session.execute(
            update(Bridge).where(Bridge.name == "Myllypuro").values(seen_at=AT, online_since=AT)
        )
    (told,) = [one for one in findings(service) if one.check == "bridges" and one.level == "fail"]
    assert "Myllypuro, back" in told.what


def test_a_job_that_fails_is_told_with_its_error(service: Settings) -> None:
    with writing() as session:
        run = JobRun(
            job=JOBS[0].name,
            slot=NOW,
            state="failed",
            attempts=3,
            due_at=AT,
            failing_since=NOW,
            started_at=NOW,
            finished_at=NOW,
            error="OSError: gone",
        )
        session.add(run)
    (told,) = [one.what for one in findings(service) if one.check == "jobs" and one.level == "fail"]
    assert "OSError: gone" in told


def test_a_key_that_others_may_read_and_one_that_is_missing_are_told(service: Settings) -> None:
    (service.keys / "issuer-1.pem").chmod(0o644)
    for path in service.keys.glob("survey-*"):
        path.unlink()
    told = [todo for level, todo in said(findings(service), "keys") if level == "fail"]
    assert [("chmod 600" in todo, "without it no answer" in todo) for todo in told] == [
        (True, False),
        (False, True),
    ]


def test_keys_that_the_service_may_not_read_are_told_and_all_else_is_asked(
    service: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {service.keys / "issuer-1.pem"}
    access = os.access  # root, as who tests may run, is refused nothing
    monkeypatch.setattr(os, "access", lambda path, mode: path not in closed and access(path, mode))
    for _ in range(2):
        found = findings(service)
        assert any(level == "fail" and "chown" in todo for level, todo in said(found, "keys"))
        assert "record" in {one.check for one in found}
        closed.add(service.keys)


def test_an_old_issuer_that_nobody_needs_is_told(service: Settings) -> None:
    done = secrets.rotate_issuer(service.keys, NOW)
    assert "Run `zone rotate issuer --drop-old`." not in [
        todo for _, todo in said(findings(service), "keys")
    ]
    later = findings(service, done.drop_from)
    assert "Run `zone rotate issuer --drop-old`." in [todo for _, todo in said(later, "keys")]


def test_a_database_that_is_behind_is_told_and_nothing_else_is_asked_of_it(
    service: Settings,
) -> None:
    with writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = findings(service)
    assert said(found, "migrations") == [("fail", "Run `zone migrate`.")]
    assert "places" not in {one.check for one in found}


@pytest.mark.engines("postgresql")
def test_a_database_that_is_away_is_one_finding(settings: Settings) -> None:
    away = replace(settings, database_url=f"postgresql+psycopg://zone@127.0.0.1:{free_port()}/zone")
    with opened(away):
        assert [(one.check, one.level) for one in findings(away)] == [("database", "fail")]


@pytest.mark.engines("postgresql")
def test_a_database_that_loses_bookings_in_a_power_cut_is_told(service: Settings) -> None:
    todo = {todo for _, todo in said(findings(service), "database")}
    assert (
        "Set fsync to on: a power cut loses bookings." in todo
    )  # the tests' own server runs so, for speed


def test_the_command_exits_by_what_it_finds(
    service: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZONE_DATA_DIR", str(service.data_dir))
    monkeypatch.setenv("ZONE_DATABASE_URL", service.database_url)
    done = CliRunner().invoke(zone, ["doctor", "--json"])
    rows = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 1  # no scheduler runs here
    assert {row["level"] for row in rows} <= {"ok", "warn", "fail"}
    assert all(row["todo"] for row in rows if row["level"] != "ok")
