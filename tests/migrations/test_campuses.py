"""What the migration of addresses makes of campuses that are there already, up and down again."""

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from tests.migrations.revisions import begin_at
from tests.migrations.test_bookings import store, table
from tests.migrations.test_migrations import differences, empty
from zone.app import MIGRATIONS
from zone.core.db.engine import db

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough


def test_campuses_keep_their_rows_and_have_no_address_yet(empty: Flask) -> None:
    begin_at("0017")
    campus = store("campus", code="x", name="X")
    store("part", campus_id=campus, code="p")
    for _ in range(2):
        upgrade(directory=str(MIGRATIONS))
        assert differences() == []
        with db.engine.connect() as connection:
            row = connection.execute(select(table("campus"))).one()
            assert connection.scalar(select(table("part").c.campus_id)) == campus
        assert (row.code, row.name, row.version) == ("x", "X", 1)
        assert (row.street, row.postal_code, row.city, row.latitude, row.longitude) == (None,) * 5
        downgrade(directory=str(MIGRATIONS), revision="0017")
