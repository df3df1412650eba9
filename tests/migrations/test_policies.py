"""The migration keeps the one row of numbers, and takes rows of classes and groups back out."""

from datetime import timedelta

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import text

from tests.migrations.revisions import begin_at
from tests.migrations.test_bookings import a_public_id, store, table
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from zone.app import MIGRATIONS
from zone.booking.policies.queries import policies
from zone.booking.policies.rules import Policy
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.row_records.queries import count_unrecorded
from zone.operation.migrations import flows

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
BEFORE = "0035"


def the_policy(activity: int | None = None) -> Policy:
    with reading() as session:
        return policies(session.connection(), utc_now()).of(activity)


def test_the_numbers_stay_and_others_come_and_go(empty: Flask, engine_name: str) -> None:
    begin_at(BEFORE)
    columns = [column.name for column in table("booking_policy").columns]
    numbers = {name: getattr(Policy(), name) for name in columns if name not in ("id", "version")}
    store("booking_policy", **numbers | {"id": 1, "version": 4, "opens_days": 9})
    flows.migrate(str(MIGRATIONS))
    assert the_policy() == Policy(opens_days=9)
    assert triggers() == wanted_triggers(engine_name)
    assert differences() == []
    with writing() as session:
        assert count_unrecorded(session, utc_now()) == 0
    activity = store(
        "activity",
        public_id=a_public_id(),
        kind="class",
        name_fi="-",
        name_sv="-",
        name_en="-",
        category="mind",
    )
    now, later = utc_now(), utc_now() + timedelta(days=30)
    for row in (
        {"activity_id": activity, "opens_days": 3},
        {"affiliated_as": "staff", "opens_days": 12},
        {"opens_days": 10, "in_force_from": now},
        {"opens_days": 30, "in_force_from": later},
    ):
        store(
            "booking_policy",
            **{"in_force_from": now - timedelta(days=1), "recorded_at": now, "version": 2} | row,
        )
    assert the_policy(activity).opens_days == 3
    downgrade(directory=str(MIGRATIONS), revision=BEFORE)
    for engine in db.engines.values():
        engine.dispose()  # PostgreSQL keeps the plans of tables that were made anew
    with db.engine.connect() as connection:
        kept = connection.execute(text("SELECT id, opens_days, no_shows FROM booking_policy"))
        assert kept.all() == [(1, 10, 2)]
    flows.migrate(str(MIGRATIONS))
    assert the_policy(activity) == Policy(opens_days=10)
    # A new row gets a key of its own.
    store("booking_policy", opens_days=8, in_force_from=now, recorded_at=now, version=2)
    assert the_policy().opens_days == 8
