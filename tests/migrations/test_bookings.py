"""What the migration of bookings makes of rows that are there already, up and down again."""

import uuid
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, insert, select

from tests.migrations.revisions import begin_at, newest
from tests.migrations.test_migrations import differences, empty
from zone.app import MIGRATIONS
from zone.core.db.engine import WRITE, db

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
AT = datetime(2026, 9, 21, 9, tzinfo=UTC)


def table(name: str) -> Table:
    with db.engine.connect() as connection:
        return Table(name, MetaData(), autoload_with=connection)


def store(into: str, /, **values: Any) -> int:
    with db.engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        target = table(into)
        return int(connection.scalar(insert(target).values(**values).returning(target.c.id)) or 0)


def a_public_id() -> uuid.UUID | str:
    # Read from the database, the column of SQLite is a text.
    return uuid.uuid4().hex if db.engine.dialect.name == "sqlite" else uuid.uuid4()


def a_session(
    capacity: int, bookable: int, *, rule: int | None = None, kind: str = "online"
) -> int:
    return store(
        "class_session",
        public_id=a_public_id(),
        rule_id=rule,
        on_day=date(2026, 9, 21),
        kind=kind,
        name_fi="-",
        name_sv="-",
        name_en="-",
        category="mind",
        live=True,
        starts_at=AT,
        ends_at=AT.replace(hour=10),
        capacity=capacity,
        bookable=bookable,
        booked=0,
        state="scheduled",
    )


def a_rule(percent: int | None) -> int:
    return store(
        "session_rule",
        public_id=a_public_id(),
        kind="online",
        name_fi="-",
        name_sv="-",
        name_en="-",
        category="mind",
        live=True,
        weekday=1,
        starts_at=time(17),
        minutes=60,
        first_on=date(2026, 9, 1),
        last_on=date(2026, 12, 1),
        capacity=10,
        bookable_percent=percent,
    )


def shares() -> dict[int, int]:
    sessions = table("class_session")
    with db.engine.connect() as connection:
        return dict(connection.execute(select(sessions.c.id, sessions.c.bookable_percent)).all())


@pytest.mark.parametrize("policy", [None, 50])
def test_each_session_gets_the_share_that_it_has(empty: Flask, policy: int | None) -> None:
    begin_at("0013")
    if policy is not None:
        numbers = {"id": 1, "bookable_percent": policy}
        columns = [column.name for column in table("booking_policy").columns]
        store("booking_policy", **dict.fromkeys(columns, 30) | numbers | {"version": 1})
    usual = policy or 70
    wanted = {
        a_session(10, 10 * usual // 100): usual,
        a_session(10, 8, rule=a_rule(85)): 85,
        a_session(20, 14 if policy is None else 10, rule=a_rule(None)): usual,
        a_session(10, 3): 30,
        a_session(1, 1): usual,
        a_session(10, 0): 1,
    }
    for _ in range(2):
        upgrade(directory=str(MIGRATIONS))
        assert shares() == wanted
        assert differences() == []
        downgrade(directory=str(MIGRATIONS), revision="0013")


def test_hours_over_midnight_become_midnight_in_the_older_version(empty: Flask) -> None:
    begin_at(newest())
    campus = store("campus", code="x", name="X")
    hours = {"campus_id": campus, "valid_from": date(2026, 1, 1)}
    store("opening_hours", **hours, weekday=1, opens=time(18), closes=time(2))
    store("opening_hours", **hours, weekday=2, opens=time(7), closes=time(22))
    downgrade(directory=str(MIGRATIONS), revision="0013")
    stored = table("opening_hours")
    with db.engine.connect() as connection:
        rows = connection.execute(select(stored.c.opens, stored.c.closes).order_by(stored.c.id))
        assert [tuple(row) for row in rows] == [(time(18), time(23, 59)), (time(7), time(22))]
    upgrade(directory=str(MIGRATIONS))
    assert differences() == []
