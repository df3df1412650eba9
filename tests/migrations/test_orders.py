"""The migrations of codes, baskets, expiries and withdrawals, with rows in their tables."""

from datetime import timedelta

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from tests.migrations.revisions import begin_at, newest
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from tests.stored import stored
from tests.world.checkout import A_SELLER, bought
from tests.world.shop import NOW, a_student, open_shop
from tests.world.vouchers import CODE, a_voucher, ordered_with
from zone.app import MIGRATIONS
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.passes.baskets.service import put_in, set_code
from zone.passes.expiries.jobs import expire_orders
from zone.passes.orders.models import Order, OrderLine
from zone.passes.withdrawals.service import record_consent, withdraw

__all__ = ["empty"]
# Its migration is released and does not change any more: one engine is enough in the default tier.
pytestmark = pytest.mark.engines("sqlite", thorough="postgresql")
BEFORE = "0052"


@pytest.mark.thorough
def test_orders_stay_in_both_directions(empty: Flask, engine_name: str) -> None:
    begin_at(newest())
    stored(open_shop)
    student = a_student()
    a_voucher()
    discounted, withdrawn = ordered_with(student), bought(student, "gym")
    with writing() as session:
        record_consent(session, session.get_one(Order, withdrawn), NOW)
        withdraw(session, session.get_one(Order, withdrawn), NOW)
        put_in(session, student, "visit", starts_on=None, now=NOW, seller=A_SELLER)
        set_code(session, student, CODE)
    assert expire_orders(Settings(), NOW + timedelta(days=1)) == 1
    downgrade(directory=str(MIGRATIONS), revision=BEFORE)
    for engine in db.engines.values():
        engine.dispose()  # PostgreSQL keeps the plans of columns that were dropped
    with db.engine.connect() as connection:
        sums = connection.execute(text("SELECT cents FROM order_line ORDER BY id")).scalars().all()
    assert sums == [4050, 1500]
    upgrade(directory=str(MIGRATIONS))
    assert triggers() == wanted_triggers(engine_name)
    assert differences() == []
    with reading() as session:
        # Of a database that went back nobody knows what was taken off, or until when it holds.
        rows = session.execute(
            select(Order.pay_until, OrderLine.discount_cents)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .where(Order.id == discounted)
        ).all()
    assert [tuple(row) for row in rows] == [(None, 0)]
