"""The migration of lotteries goes down with rows in its tables, and up again."""

from datetime import timedelta

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.migrations.revisions import begin_at, newest
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from tests.world.booking import NOW, a_session, build
from tests.world.lotteries import announce, draw, enter, people
from zone.app import MIGRATIONS
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.row_records.queries import count_unrecorded
from zone.operation.migrations import flows

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
BEFORE = "0040"


def test_lotteries_go_and_come_again_empty(empty: Flask, engine_name: str) -> None:
    begin_at(newest())
    flows.migrate(str(MIGRATIONS))
    with writing() as session:
        world = build(session)
        drawn = a_session(session, world, start=NOW + timedelta(days=3))
    crew = people(world, 2)
    lottery = announce(drawn, crew[0])
    enter(lottery, crew[1])
    draw(lottery)
    with pytest.raises(IntegrityError, match="append-only"), writing() as session:
        session.execute(text("DELETE FROM lottery_end"))
    downgrade(directory=str(MIGRATIONS), revision=BEFORE)
    for engine in db.engines.values():
        engine.dispose()  # PostgreSQL keeps the plans of tables that were dropped
    with db.engine.connect() as connection:
        recorded = text("SELECT count(*) FROM row_record WHERE of_table LIKE 'lottery%'")
        assert connection.scalar(recorded) == 0
        # What was won stays a booking.
        assert connection.scalar(text("SELECT count(*) FROM booking")) == 1
    flows.migrate(str(MIGRATIONS))
    assert triggers() == wanted_triggers(engine_name)
    assert differences() == []
    with writing() as session:
        assert count_unrecorded(session, utc_now()) == 0
        assert session.scalar(text("SELECT count(*) FROM lottery")) == 0
