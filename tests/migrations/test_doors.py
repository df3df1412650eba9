"""The migration of doors: what was blocked stays blocked, also there and back again."""

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import select, text

from tests.migrations.test_migrations import empty, triggers, wanted_triggers
from tests.migrations.test_proof import AT, Before
from zone.access.doors.models import Door
from zone.access.shutdowns.invariants import count_wrong_states
from zone.access.shutdowns.queries import open_shutdowns
from zone.app import MIGRATIONS
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.row_records.queries import count_unrecorded
from zone.operation.migrations import flows

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough


def check_shut(state: str) -> None:
    with writing() as session:
        [shutdown] = open_shutdowns(session)
        assert (shutdown.kind, shutdown.door_name, shutdown.reason) == (state, "Gym door", "")
        assert session.scalars(select(Door.state)).all() == [state]
        assert count_wrong_states(session, AT) == 0
        assert count_unrecorded(session, AT) == 0, "nobody has changed a row by hand"


def test_a_shut_door_stays_shut_there_and_back_again(empty: Flask, engine_name: str) -> None:
    Before()
    for state in ("blocked", "lockdown"):
        with writing() as session:
            session.execute(text("UPDATE door SET state = :state"), {"state": state})
        flows.migrate(str(MIGRATIONS))
        check_shut(state)
        assert triggers() == wanted_triggers(engine_name)
        downgrade(directory=str(MIGRATIONS), revision="0024")
        for engine in db.engines.values():
            engine.dispose()  # PostgreSQL keeps the plans of tables that were made anew
