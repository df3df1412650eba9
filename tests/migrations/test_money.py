"""Refunds and receipts through the migration that lets providers carry refunds out."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, insert, select

from tests.migrations.revisions import begin_at
from tests.migrations.test_migrations import empty
from tests.migrations.test_upgrade import STATES, load, tables
from zone.app import MIGRATIONS
from zone.core.db.engine import WRITE, db

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
BEFORE = "0009"


def add(table: str, **values: Any) -> None:
    with db.engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        connection.execute(insert(tables().tables[table]).values(values))


def all_of(table: str, column: str) -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.scalars(select(tables().tables[table].c[column])))


@pytest.fixture
def old(empty: Flask) -> int:
    """A service of the version before, with a refund; return the payment that it gives back."""
    begin_at("0001")
    load(json.loads(STATES["0001"].read_text(encoding="utf-8")))
    upgrade(directory=str(MIGRATIONS), revision=BEFORE)
    payment = min(all_of("payment", "id"))
    add(
        "refund",
        # Reflected, SQLite's column is text: 32 hex digits, which PostgreSQL reads as an id too.
        public_id=uuid.uuid4().hex,
        payment_id=payment,
        cents=4500,
        reason="paid twice",
        occurred_at=AT,
        recorded_at=AT,
    )
    return int(payment)


def test_a_refund_of_before_is_not_given_back_once_more(old: int) -> None:
    upgrade(directory=str(MIGRATIONS))
    assert all_of("refund_event", "outcome") == ["by_hand"]


def test_down_and_up_again_keeps_orders_and_receipts(old: int) -> None:
    kept = [(table, len(all_of(table, "id"))) for table in ("receipt", "order_line", "refund")]
    assert all(count for _, count in kept)
    upgrade(directory=str(MIGRATIONS))
    downgrade(directory=str(MIGRATIONS), revision=BEFORE)
    upgrade(directory=str(MIGRATIONS))
    assert [(table, len(all_of(table, "id"))) for table, _ in kept] == kept


def test_a_credit_receipt_is_never_lost_on_the_way_down(old: int) -> None:
    upgrade(directory=str(MIGRATIONS))
    with db.engine.connect() as connection:
        receipt = tables().tables["receipt"].c
        number = connection.scalar(select(func.max(receipt.number))) or 0
        order_id = connection.scalar(select(func.min(receipt.order_id)))
    add(
        "receipt",
        year=2026,
        number=number + 1,
        order_id=order_id,
        payment_id=old,
        kind="credit",
        cents=-4500,
        issued_at=AT,
    )
    # Flask-Migrate logs the RuntimeError and ends the program.
    with pytest.raises(SystemExit):
        downgrade(directory=str(MIGRATIONS), revision=BEFORE)
    db.engine.dispose()
    assert "credit" in all_of("receipt", "kind")
