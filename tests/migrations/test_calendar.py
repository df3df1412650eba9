"""The migration of the calendar keeps every day with other hours, there and back again."""

from datetime import date, time

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from tests.migrations.revisions import begin_at
from tests.migrations.test_bookings import store, table
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from tests.migrations.test_proof import AT
from zone.app import MIGRATIONS
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.places.opening_hours.models import OpeningException

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
BEFORE = "0033"


def test_days_with_other_hours_keep_their_reason_for_everybody(
    empty: Flask, engine_name: str
) -> None:
    begin_at(BEFORE)
    campus = store("campus", code="x", name="X")
    days = {date(2026, 12, 24): None, date(2026, 12, 31): time(10)}
    for day, opens in days.items():
        closes = None if opens is None else time(14)
        values = {"campus_id": campus, "day": day, "opens": opens, "closes": closes}
        store("opening_exception", **values, reason="Joulu")
    for _ in range(2):
        upgrade(directory=str(MIGRATIONS))
        assert differences() == []
        assert triggers() == wanted_triggers(engine_name)
        with writing() as session:
            rows = session.scalars(select(OpeningException).order_by(OpeningException.day)).all()
            assert {row.day: row.opens for row in rows} == days
            assert [row.reasons["sv"] for row in rows] == ["Joulu", "Joulu"]
        store("normal_holiday", campus_id=campus, day=date(2026, 12, 6), planned_at=AT)
        downgrade(directory=str(MIGRATIONS), revision=BEFORE)
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM opening_exception")) == 2
            reasons = connection.scalars(select(table("opening_exception").c.reason))
            assert reasons.all() == ["Joulu", "Joulu"]
