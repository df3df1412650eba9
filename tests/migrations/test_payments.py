"""Payments that wait for a bank, through the migration that brought them and back."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.migrations.revisions import begin_at
from tests.migrations.test_migrations import empty
from tests.migrations.test_money import add, all_of
from tests.migrations.test_upgrade import STATES, load
from zone.app import MIGRATIONS
from zone.core.db.engine import WRITE, db

__all__ = ["empty"]
pytestmark = pytest.mark.engines("sqlite", thorough="postgresql")
AT = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.mark.thorough
def test_down_and_up_again_keeps_what_was_paid(empty: Flask) -> None:
    begin_at("0001")
    load(json.loads(STATES["0001"].read_text(encoding="utf-8")))
    upgrade(directory=str(MIGRATIONS), revision="0049")
    paid = all_of("payment_event", "outcome")
    add(
        "payment",
        order_id=min(all_of("orders", "id")),
        provider="voucher",
        reference=uuid.uuid4().hex,
        method_reference="V-1",
        cents=4500,
        currency="EUR",
        started_at=AT,
    )
    newest = max(all_of("payment", "id"))
    add("payment_event", payment_id=newest, outcome="pending", occurred_at=AT, recorded_at=AT)
    member = min(all_of("member", "id"))
    add("provider_switch", provider="stripe", offered=False, recorded_at=AT, recorded_by=member)
    add("provider_trial", provider="stripe", outcome="failed", recorded_at=AT, recorded_by=member)
    payments = all_of("payment", "reference")
    downgrade(directory=str(MIGRATIONS), revision="0047")
    assert all_of("payment_event", "outcome") == paid, "the version before knows no pending ones"
    upgrade(directory=str(MIGRATIONS), revision="0049")
    assert all_of("payment", "reference") == payments
    assert all_of("payment_event", "outcome") == paid
    with (
        db.engine.connect().execution_options(**{WRITE: True}) as connection,
        pytest.raises(IntegrityError, match="append-only"),
    ):
        connection.execute(text("DELETE FROM payment_event"))
