"""The migration removes who appealed from the history of marks, and leaves the rest."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from tests.migrations.revisions import begin_at
from tests.migrations.test_bookings import a_public_id, store
from tests.migrations.test_marks import a_member, a_no_show, rows
from tests.migrations.test_migrations import empty
from zone.app import MIGRATIONS
from zone.core.db.transactions import writing

__all__ = ["empty"]
NOON = datetime(2026, 9, 21, 9, tzinfo=UTC)


@pytest.mark.engines("sqlite", "postgresql")
def test_who_appealed_is_not_named_any_more(empty: Flask) -> None:
    begin_at("0077")
    anna, desk = a_member("anna"), a_member("desk")
    mark = store(
        "attendance_mark",
        public_id=a_public_id(),
        kind="no_show",
        booking_id=a_no_show(anna, NOON),
        member_id=anna,
        on_day=NOON.date(),
        occurred_at=NOON,
        recorded_at=NOON,
        evidence="{}",
        state="counting",
        appealed_at=NOON,
        appeal_text="I was ill",
    )
    for kind, actor in (("noticed", None), ("appealed", anna), ("upheld", desk)):
        store(
            "attendance_mark_event",
            mark_id=mark,
            kind=kind,
            actor_id=actor,
            occurred_at=NOON,
            recorded_at=NOON,
        )
    upgrade(directory=str(MIGRATIONS), revision="0078")
    query = "SELECT kind, actor_id FROM attendance_mark_event ORDER BY id"
    assert rows(query) == [("noticed", None), ("appealed", None), ("upheld", desk)]
    with pytest.raises(DatabaseError, match="append-only"), writing() as session:
        session.execute(text("UPDATE attendance_mark_event SET actor_id = NULL"))
