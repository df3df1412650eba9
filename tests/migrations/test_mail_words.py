"""The migration of mail words keeps the service's own data and the mails that wait, both ways."""

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from tests.migrations.revisions import begin_at
from tests.migrations.test_bookings import store
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from tests.migrations.test_proof import AT
from zone.app import MIGRATIONS
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.ids import new_public_id
from zone.core.mail.models import OutboxMail
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.rules import ServiceProfile

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
BEFORE = "0038"
NEW = ("quiet_from", "quiet_until")


def test_the_service_has_quiet_hours_and_no_mail_is_lost(empty: Flask, engine_name: str) -> None:
    begin_at(BEFORE)
    values = {name: v for name, v in ServiceProfile(name="Ilo").values.items() if name not in NEW}
    store("service_profile", **values, version=3)
    store(
        "outbox",
        public_id=new_public_id().hex,
        recipient="aino@example.org",
        template="booking/booked",
        language="fi",
        subject="S",
        body="B",
        created_at=AT,
        due_at=AT,
        attempts=0,
        state="waiting",
    )
    for _ in range(2):
        upgrade(directory=str(MIGRATIONS))
        assert differences() == []
        assert triggers() == wanted_triggers(engine_name)
        with writing() as session:
            row = session.scalars(select(ServiceProfileRow)).one()
            assert (row.name, row.version) == ("Ilo", 3)
            assert (row.quiet_from, row.quiet_until) == (22, 8)
            waiting = session.scalars(select(OutboxMail)).one()
            assert (waiting.due_at, waiting.act_by, waiting.quiet_until) == (AT, None, None)
        words = {"template": "booking/booked", "language": "fi", "version": 1}
        store("mail_words", **words, subject="S", title="T", body="B", changed_at=AT)
        downgrade(directory=str(MIGRATIONS), revision=BEFORE)
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT name FROM service_profile")) == "Ilo"
            assert connection.scalar(text("SELECT count(*) FROM outbox")) == 1
