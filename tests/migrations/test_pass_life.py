"""The migration of the life of passes goes up with passes in the table, and down with pauses."""

from datetime import timedelta

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import text

from tests.migrations.revisions import begin_at, newest
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from tests.stored import stored
from tests.world.shop import NOW, TODAY, a_pass, a_student, open_shop
from zone.app import MIGRATIONS
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.row_records.queries import count_unrecorded
from zone.operation.migrations import flows as migrations_flows
from zone.passes.pass_changes.service import end, lock_pass
from zone.passes.passes import queries
from zone.passes.passes.invariants import count_passes_with_other_days
from zone.passes.passes.models import Pass
from zone.passes.pauses.rules import PauseRequest
from zone.passes.pauses.service import extend, pause

__all__ = ["empty"]
# Its migration is released and does not change any more.
pytestmark = pytest.mark.thorough
BEFORE = "0046"


def test_passes_keep_their_days_and_ends_in_both_directions(empty: Flask, engine_name: str) -> None:
    begin_at(newest())
    stored(open_shop)
    student = a_student()
    paused, over = a_pass(student), a_pass(student, "gym")
    with writing() as session:
        row = lock_pass(session, student, session.get_one(Pass, paused).public_id)
        asked = PauseRequest(TODAY + timedelta(10), TODAY + timedelta(23))
        pause(session, row, asked, by="holder", now=NOW)
        last = extend(session, row, 3, reason="Closed", by="holder", now=NOW).ends_on
        gym = lock_pass(session, student, session.get_one(Pass, over).public_id)
        end(session, gym, "ended", now=NOW, by="holder", reason="Sold by mistake")
    downgrade(directory=str(MIGRATIONS), revision=BEFORE)
    for engine in db.engines.values():
        engine.dispose()  # PostgreSQL keeps the plans of columns that were dropped
    with db.engine.connect() as connection:
        kinds = connection.scalars(text("SELECT kind FROM pass_event ORDER BY id")).all()
    assert kinds == ["sold", "sold", "replaced"]
    migrations_flows.migrate(str(MIGRATIONS))  # it records the rows that the way down forgot
    assert triggers() == wanted_triggers(engine_name)
    assert differences() == []
    with reading() as session:
        assert session.get_one(Pass, paused).ends_on == last
        states = {view.kind: view.state for view in queries.passes_of(session, student, NOW)}
        assert states == {"sports_pass": "valid", "gym_pass": "replaced"}
    with writing() as session:
        assert count_passes_with_other_days(session, NOW) == 0
        assert count_unrecorded(session, utc_now()) == 1  # the end that became a replacement
