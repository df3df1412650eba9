"""The demo has something on each page of what staff see to in the books."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from tests.demo.test_seed import everything
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.demo import example_trade, supervisor
from zone.passes.invoice_credits.queries import left_to_credit
from zone.passes.invoices.models import Invoice
from zone.passes.orders.models import Order
from zone.passes.reconciliation.queries import open_differences
from zone.passes.refund_requests.queries import decided_requests, waiting_requests
from zone.passes.settlements.queries import payouts

pytestmark = pytest.mark.engines("sqlite")
NOW = datetime(2026, 10, 7, 9, 0, tzinfo=UTC)


def load(settings: Settings) -> None:
    with writing() as session:
        example_trade.load(session, settings, NOW)


def test_each_page_of_the_books_shows_something(app: Flask, settings: Settings) -> None:
    """Loading it again changes nothing."""
    supervisor.seed(settings, NOW)
    load(settings)
    before = everything()
    load(settings)
    assert everything() == before
    with reading() as session:
        assert [one.state for one in waiting_requests(session, NOW)] == ["waiting"]
        assert [one.state for one in decided_requests(session, NOW)] == ["declined"]
        (difference,) = open_differences(session, NOW)
        assert difference.fix is not None
        (payout,) = payouts(session)
        assert [row.kind for row in payout.differences] == ["unknown_here"]
        sale = session.scalars(select(Invoice).where(Invoice.kind == "invoice")).one()
        assert left_to_credit(session, sale.id) == [80]


def test_a_service_without_a_seller_sells_nothing(app: Flask, settings: Settings) -> None:
    nobody = replace(settings, seller_name="")
    supervisor.seed(nobody, NOW)
    load(nobody)
    with reading() as session:
        assert session.scalar(select(Order.id)) is None
