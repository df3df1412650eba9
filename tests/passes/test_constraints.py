"""Rows of money and passes that the database refuses, each by a named constraint."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.world.checkout import bought
from tests.world.shop import NOW, TODAY, a_pass
from zone.core.db.constraints import constraint_name
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.db.types import Base
from zone.core.errors import DomainError
from zone.passes.catalogue.models import Price, Product, VatRate
from zone.passes.orders.models import OrderLine
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.payments.models import PaymentEvent, RefundedPayment
from zone.passes.receipts.models import Receipt


def copied(model: type[Base], **changes: Any) -> dict[str, Any]:
    """The first row of a table as values for another row, with changes."""
    table = model.__table__
    with reading() as session:
        row = session.execute(select(table).order_by(*table.primary_key).limit(1)).mappings().one()
    fresh = {"public_id": uuid4()} if "public_id" in row else {}
    return {name: value for name, value in row.items() if name != "id"} | fresh | changes


def refused_by(model: type[Base], **changes: Any) -> str | None:
    """The name of the constraint that refuses a copy of the first row with these changes."""
    values = copied(model, **changes)
    with pytest.raises(IntegrityError) as caught, db.engine.begin() as connection:
        connection.execute(insert(model).values(values))
    return constraint_name(caught.value)


@pytest.fixture
def order(student: int) -> int:
    return bought(student)


TERM = {"code": "other", "duration": "season", "length_days": None, "activation_days": None}
"""A product with which nothing else is wrong: which of two constraints is named is not said."""

REFUSED: list[tuple[type[Base], dict[str, Any], str]] = [
    (PaymentEvent, {}, "uq_payment_event_payment_id_outcome"),
    (PaymentEvent, {"outcome": "maybe"}, "ck_payment_event_outcome"),
    (Pass, {}, "uq_pass_order_line_id"),
    (Pass, {"order_line_id": None, "ends_on": TODAY - timedelta(days=1)}, "ck_pass_order"),
    (Pass, {"order_line_id": None, "kind": "season"}, "ck_pass_kind"),
    (PassEvent, {"occurred_at": NOW + timedelta(days=1)}, "uq_pass_event_once"),
    (PassEvent, {"kind": "lost"}, "ck_pass_event_kind"),
    (Receipt, {"number": 2}, "uq_receipt_order_id_kind"),
    (Receipt, {"kind": "refund", "number": 2}, "ck_receipt_kind"),
    (Receipt, {"kind": "refund", "cents": 0}, "uq_receipt_series_year_number"),
    (OrderLine, {"cents": -1}, "ck_order_line_cents"),
    (OrderLine, {"vat_bp": 10_001}, "ck_order_line_vat"),
    (Price, {}, "uq_price_product_id_price_group_role_valid_from"),
    (Price, {"valid_from": TODAY, "cents": -1}, "ck_price_cents"),
    (Price, {"valid_from": TODAY, "role": "visitor"}, "ck_price_role"),
    (VatRate, {}, "uq_vat_rate_category_valid_from"),
    (VatRate, {"category": "food"}, "ck_vat_rate_category"),
    (VatRate, {"valid_from": date(2031, 1, 1), "rate_bp": -1}, "ck_vat_rate_rate"),
    (Product, {"code": "other", "kind": "season"}, "ck_product_kind"),
    (Product, {**TERM, "duration": "days", "length_days": 0}, "ck_product_length"),
    (Product, {"code": "other", "vat_category": "food"}, "ck_product_vat_category"),
    (Product, {**TERM, "duration": "decade"}, "ck_product_duration"),
    (Product, {**TERM, "length_days": 9}, "ck_product_duration_length"),
    (Product, {**TERM, "activation_days": 9}, "ck_product_duration_activation"),
    (Pass, {"order_line_id": None, "length_days": 9}, "ck_pass_activation"),
]


def test_the_database_refuses_by_name(order: int) -> None:
    for model, changes, name in REFUSED:
        assert refused_by(model, **changes) == name


def test_no_more_than_was_paid_is_refunded(order: int) -> None:
    with writing() as session:
        payment_id = session.scalars(select(PaymentEvent.payment_id)).one()
        session.execute(
            insert(RefundedPayment).values(
                payment_id=payment_id, paid_cents=4500, refunded_cents=4500
            )
        )
    with pytest.raises(DomainError, match="refund_too_high"), writing() as session:
        session.execute(update(RefundedPayment).values(refunded_cents=4501))


def test_a_pass_may_be_activated_at_an_earlier_time_but_not_twice_at_one(
    shop: Flask, student: int
) -> None:
    a_pass(student)
    with writing() as session:
        session.execute(insert(PassEvent).values(copied(PassEvent, kind="activated")))
        earlier = copied(PassEvent, kind="activated", occurred_at=NOW - timedelta(days=1))
        session.execute(insert(PassEvent).values(earlier))
    assert refused_by(PassEvent, kind="activated") == "uq_pass_event_pass_id_kind_occurred_at"
