"""The migration makes a mark of each no-show of before, with the bans that they begin."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import text

from tests.migrations.revisions import begin_at
from tests.migrations.test_bookings import a_public_id, store
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from zone.app import MIGRATIONS
from zone.booking.attendance_marks.invariants import INVARIANTS
from zone.booking.attendance_marks.jobs import settle_marks
from zone.booking.attendance_marks.queries import counting_marks
from zone.booking.booking_bans.queries import banned_until
from zone.core.config import Settings
from zone.core.db.engine import WRITE, db
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.row_records.queries import count_unrecorded
from zone.operation.migrations import flows

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
BEFORE = "0034"
NOON = datetime(2026, 9, 21, 9, tzinfo=UTC)
NOW = NOON + timedelta(days=4)


def a_member(name: str) -> int:
    return store(
        "member",
        public_id=a_public_id(),
        holder=ord(name[0]),
        email=f"{name}@zone.example",
        name=name,
        language="en",
        created_at=NOON,
    )


def a_no_show(member: int | None, at: datetime, *, excused: bool = False) -> int:
    end = at + timedelta(hours=1)
    allocation = store(
        "allocation",
        public_id=a_public_id(),
        kind="online",
        name_fi="-",
        name_sv="-",
        name_en="-",
        on_day=at.date(),
        starts_at=at,
        ends_at=end,
        capacity=10,
        bookable=10,
        booked=1,
        state="held",
    )
    booking = store(
        "booking",
        public_id=a_public_id(),
        session_id=allocation,
        member_id=member,
        state="no_show",
        companions=0,
        created_at=at - timedelta(days=1),
        excused_at=end + timedelta(days=1) if excused else None,
    )
    for kind, when in (("booked", at - timedelta(days=1)), ("no_show", end)):
        store(
            "booking_event",
            booking_id=booking,
            kind=kind,
            occurred_at=when,
            recorded_at=when + timedelta(minutes=20),
        )
    return booking


def rows(query: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture
def people(empty: Flask) -> dict[str, int]:
    """Two no-shows of Anna in the term, one of Bert, and such as do not count."""
    begin_at(BEFORE)
    store(
        "season",
        code="2026-autumn",
        kind="autumn",
        starts_on=date(2026, 8, 31),
        ends_on=date(2026, 12, 20),
    )
    found = {name: a_member(name) for name in ("anna", "bert")}
    a_no_show(found["anna"], NOON - timedelta(days=40))
    a_no_show(found["anna"], NOON)
    a_no_show(found["anna"], NOON + timedelta(days=1), excused=True)
    a_no_show(found["anna"], NOON + timedelta(days=2))
    a_no_show(found["bert"], NOON)
    a_no_show(None, NOON)
    return found


def check_marks_and_bans(people: dict[str, int]) -> None:
    missed = rows("SELECT count(*) FROM booking WHERE state = 'no_show' AND member_id IS NOT NULL")
    assert rows("SELECT count(*) FROM attendance_mark") == missed == [(5,)]
    assert rows("SELECT state, count(*) FROM attendance_mark GROUP BY state ORDER BY state") == [
        ("counting", 4),
        ("excused", 1),
    ]
    evidence = rows("SELECT DISTINCT evidence FROM attendance_mark")
    assert [json.loads(kept)["kept"] for (kept,) in evidence] == [False]
    with reading() as session:
        assert [len(counting_marks(session, one, NOW)) for one in people.values()] == [2, 1]
        until = NOON + timedelta(days=16, hours=1)
        assert [banned_until(session, one, NOW) for one in people.values()] == [until, None]
        assert {one.name: one.count_broken(session, NOW) for one in INVARIANTS} == dict.fromkeys(
            (one.name for one in INVARIANTS), 0
        )
    with writing() as session:
        assert count_unrecorded(session, NOON) == 0, "nobody has changed a row by hand"


def test_each_no_show_of_a_person_becomes_a_mark(
    empty: Flask, engine_name: str, people: dict[str, int]
) -> None:
    before = rows("SELECT * FROM booking ORDER BY id")
    for _ in range(2):
        flows.migrate(str(MIGRATIONS))
        check_marks_and_bans(people)
        assert differences() == []
        assert triggers() == wanted_triggers(engine_name)
        downgrade(directory=str(MIGRATIONS), revision=BEFORE)
        for engine in db.engines.values():
            engine.dispose()  # PostgreSQL keeps the plans of tables that were made anew
        assert rows("SELECT * FROM booking ORDER BY id") == before


def test_what_is_over_ends_without_a_mail(
    empty: Flask, settings: Settings, people: dict[str, int]
) -> None:
    flows.migrate(str(MIGRATIONS))
    settle_marks(settings, NOON + timedelta(days=60))
    assert rows("SELECT state FROM booking_ban ORDER BY id") == [("ended",)]
    states = rows("SELECT state FROM attendance_mark ORDER BY occurred_at, id")
    assert states[0] == ("expired",), "of the summer"
    with reading() as session:
        assert session.query(OutboxMail).count() == 0


@pytest.mark.planted_fault("a no-show without a mark")
def test_a_lost_no_show_fails_the_check(empty: Flask, people: dict[str, int]) -> None:
    flows.migrate(str(MIGRATIONS))
    with db.engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        connection.execute(text("UPDATE attendance_mark SET state = 'expired'"))
    with pytest.raises(AssertionError):
        check_marks_and_bans(people)
