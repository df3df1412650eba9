"""The migration of anti-passback, ways out and limits, there and back again."""

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import text

from tests.migrations.test_bookings import a_public_id, store
from tests.migrations.test_migrations import empty, triggers, wanted_triggers
from tests.migrations.test_proof import AT, HOLDER, Before
from zone.access.areas.models import Area
from zone.access.doors.models import Door
from zone.access.entries.models import UsedCode
from zone.app import MIGRATIONS
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.ids import new_public_id
from zone.core.row_records.queries import count_unrecorded
from zone.operation.migrations import flows

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough


def set_mode(mode: str) -> None:
    with writing() as session:
        session.execute(text("UPDATE area SET passback = :mode"), {"mode": mode})


def check_timed() -> None:
    with writing() as session:
        area, door = session.get_one(Area, 1), session.get_one(Door, 1)
        assert (area.passback, area.occupancy_limit, area.stay_minutes) == ("timed", None, 90)
        assert door.direction == "in"
        assert count_unrecorded(session, AT) == 0, "nobody has changed a row by hand"


def test_hard_goes_on_as_timed_and_a_code_is_used_up_each_way(
    empty: Flask, engine_name: str
) -> None:
    before = Before()
    set_mode("hard")
    code = {"kid": b"k" * 8, "ts": HOLDER, "area_id": before.area, "occurred_at": AT}
    store("used_code", **code, entry_uuid=a_public_id())
    for _ in range(2):
        flows.migrate(str(MIGRATIONS))
        check_timed()
        assert triggers() == wanted_triggers(engine_name)
        with writing() as session:
            assert [one.leaving for one in session.query(UsedCode)] == [False]
            session.add(UsedCode(**code, leaving=True, entry_uuid=new_public_id()))
        downgrade(directory=str(MIGRATIONS), revision="0027")
        for engine in db.engines.values():
            engine.dispose()  # PostgreSQL keeps the plans of tables that were made anew
        with writing() as session:
            assert session.execute(text("SELECT passback FROM area")).scalar_one() == "hard"
            assert session.execute(text("SELECT count(*) FROM used_code")).scalar_one() == 1
