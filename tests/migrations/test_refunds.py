"""Refunds in parts, through the migration that brought them and back."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade

from tests.migrations.revisions import begin_at
from tests.migrations.test_migrations import empty
from tests.migrations.test_money import add, all_of
from tests.migrations.test_upgrade import STATES, load
from zone.app import MIGRATIONS

__all__ = ["empty"]
# Its migration is released and does not change any more: one engine is enough in the default tier.
pytestmark = pytest.mark.engines("postgresql", thorough="sqlite")
AT = datetime(2026, 11, 30, 9, tzinfo=UTC)


def a_refund(payment_id: int, cents: int, by: int | None) -> int:
    add(
        "refund",
        public_id=uuid.uuid4().hex,
        payment_id=payment_id,
        cents=cents,
        reason="asked",
        occurred_at=AT,
        recorded_at=AT,
        recorded_by=by,
    )
    return int(max(all_of("refund", "id")))


@pytest.mark.thorough
def test_down_and_up_again_keeps_what_was_given_back(empty: Flask) -> None:
    begin_at("0001")
    load(json.loads(STATES["0001"].read_text(encoding="utf-8")))
    upgrade(directory=str(MIGRATIONS), revision="0060")
    before = len(all_of("refund", "id"))
    member, order = min(all_of("member", "id")), min(all_of("orders", "id"))
    add(
        "payment",
        order_id=order,
        provider="development",
        reference=uuid.uuid4().hex,
        cents=4500,
        currency="EUR",
        started_at=AT,
    )
    payment = max(all_of("payment", "id"))
    refund = a_refund(payment, 3000, member)
    upgrade(directory=str(MIGRATIONS), revision="0061")
    assert refund in all_of("refund_line", "refund_id"), "it was of the lines of the order"
    assert len(all_of("refunded_payment", "payment_id")) == before + 1
    part = a_refund(payment, 700, member)
    with pytest.raises(SystemExit):
        downgrade(directory=str(MIGRATIONS), revision="0060")
    for one in (refund, part):
        add("refund_event", refund_id=one, outcome="done", recorded_at=AT)
    downgrade(directory=str(MIGRATIONS), revision="0060")
    assert len(all_of("refund", "id")) == before + 1
    assert 3700 in all_of("refund", "cents")
    upgrade(directory=str(MIGRATIONS), revision="0061")
    assert len(all_of("refunded_payment", "payment_id")) == before + 1
