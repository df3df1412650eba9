"""Orders, payments and refunds as the provider's notices bring them about, for tests."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.world.people import an_actor
from tests.world.shop import NOW
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.demo.example import SELLER
from zone.passes.orders import queries as orders_queries
from zone.passes.orders import service as orders
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes.models import Pass
from zone.passes.payments import service as payments
from zone.passes.payments.models import Payment
from zone.passes.payments.providers.development import DevelopmentProvider
from zone.passes.payments.providers.protocol import PaymentNotice
from zone.passes.receipts.models import Receipt
from zone.passes.receipts.rules import Seller
from zone.passes.refunds import service as refunds

PROVIDER = DevelopmentProvider(b"a secret of the tests")
A_SELLER = Seller(SELLER["seller_name"], SELLER["seller_address"], SELLER["seller_business_id"])

TERMS: dict[str, Any] = {"starts_on": None, "seller_vat": True, "seller": A_SELLER}
"""Without a first day of the buyer's choice, by a seller that charges VAT."""


def ordered(
    member_id: int, product: str = "term", *, now: datetime = NOW, starts_on: date | None = None
) -> int:
    """The id of an order whose payment was started."""
    with writing() as session:
        order = orders.place_order(
            session,
            member_id,
            product,
            starts_on=starts_on,
            now=now,
            seller_vat=True,
            seller=A_SELLER,
        )
        payments.create_payment(session, order, PROVIDER.name, now, A_SELLER)
        return order.id


def order_today(member_id: int, product: str) -> int:
    """Order a product today; return what it costs."""
    with writing() as session:
        return orders.place_order(
            session,
            member_id,
            product,
            now=utc_now(),
            **TERMS,
        ).total_cents


def pay_again(order_id: int, now: datetime = NOW) -> None:
    """Start another payment of an order."""
    with writing() as session:
        order = session.get_one(Order, order_id)
        payments.create_payment(session, order, PROVIDER.name, now, A_SELLER)


def notices(order_id: int, outcome: str = "paid", at: datetime = NOW) -> list[PaymentNotice]:
    """The notice that the provider would send for each payment of an order."""
    with reading() as session:
        rows = session.scalars(
            select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)
        )
        return [PaymentNotice(row.reference, outcome, row.cents, row.currency, at) for row in rows]


def report(notice: PaymentNotice, now: datetime = NOW) -> None:
    """Let the provider report a payment."""
    with writing() as session:
        payments.settle(session, PROVIDER.name, notice, now, A_SELLER)


def bought(
    member_id: int, product: str = "term", *, now: datetime = NOW, starts_on: date | None = None
) -> int:
    """The id of a paid order."""
    order_id = ordered(member_id, product, now=now, starts_on=starts_on)
    report(notices(order_id, at=now)[0], now)
    return order_id


def refused(work: Callable[[], object]) -> str:
    """The code with which some work is refused."""
    with pytest.raises(DomainError) as caught:
        work()
    return caught.value.code


def state_of(order_id: int) -> str:
    """The state of an order."""
    with reading() as session:
        return orders_queries.order_view(session, session.get_one(Order, order_id), NOW).state


def validity_of(order_id: int) -> tuple[date, date]:
    """First and last day of the pass of an order."""
    with reading() as session:
        pass_ = session.scalars(
            select(Pass)
            .join(OrderLine, OrderLine.id == Pass.order_line_id)
            .where(OrderLine.order_id == order_id)
        ).one()
        return pass_.starts_on, pass_.ends_on


def line_of(order_id: int) -> OrderLine:
    """The one line of an order."""
    with reading() as session:
        return session.scalars(select(OrderLine).where(OrderLine.order_id == order_id)).one()


def receipts() -> list[str]:
    """The numbers of all receipts in order."""
    with reading() as session:
        rows = session.scalars(
            select(Receipt).order_by(Receipt.series, Receipt.year, Receipt.number)
        )
        return [row.printed_number for row in rows]


def give_back(order_id: int, actor_id: int, now: datetime = NOW) -> None:
    """Refund an order at the desk."""
    with writing() as session:
        refunds.refund_in_full(
            session, an_actor(actor_id, "desk"), order_id, reason="moved abroad", now=now
        )
