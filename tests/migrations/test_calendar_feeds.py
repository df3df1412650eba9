"""The migration adds the feeds; going down drops them, and coming up again begins with none."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from tests.migrations.revisions import begin_at
from tests.migrations.test_bookings import store
from tests.migrations.test_marks import a_member
from tests.migrations.test_migrations import differences, empty
from zone.app import MIGRATIONS
from zone.core.db.engine import db

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
BEFORE = "0037"
NOON = datetime(2026, 9, 21, 9, tzinfo=UTC)


def a_feed(member: int, digest: bytes) -> int:
    return store("calendar_feed", member_id=member, digest=digest, created_at=NOON)


@pytest.mark.own_database
def test_feeds_come_and_go_with_their_table(empty: Flask) -> None:
    begin_at("0038")
    anna, bert = a_member("anna"), a_member("bert")
    a_feed(anna, b"1" * 32)
    for member, digest in ((anna, b"2" * 32), (bert, b"1" * 32)):
        with pytest.raises(IntegrityError):
            a_feed(member, digest)
    downgrade(directory=MIGRATIONS, revision=BEFORE)
    assert not inspect(db.engine).has_table("calendar_feed")
    upgrade(directory=MIGRATIONS)
    assert differences() == []
    a_feed(bert, b"1" * 32)
