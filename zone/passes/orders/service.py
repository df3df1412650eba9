"""Place orders, online and at the counter. Never commits.

What is paid in cash or by card at the counter is an order like any other, paid and granted at once.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.ids import new_public_id, new_secret
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.orders import queries
from zone.passes.orders.errors import OFFER_CHANGED
from zone.passes.orders.models import Order, OrderLine
from zone.passes.payments import service as payments
from zone.passes.payments.models import Payment
from zone.passes.payments.service import record_outcome
from zone.passes.receipts.rules import Seller, seller_of


def place_order(
    session: Session,
    member_id: int,
    product_code: str,
    *,
    starts_on: date | None,
    now: datetime,
    seller_vat: bool,
) -> Order:
    """Order one product at today's price and VAT rate, which stay on the line whatever changes later.

    Raises:
        DomainError: not_found, or as `quote`.
    """
    today = helsinki_date(now)
    product = catalogue_queries.product_by_code(session, product_code)
    quoted = queries.quote_price(
        session, member_id, product, starts_on=starts_on, today=today, seller_vat=seller_vat
    )
    order = Order(
        public_id=new_public_id(),
        member_id=member_id,
        total_cents=quoted.cents,
        currency=quoted.currency,
        placed_at=now,
    )
    session.add(order)
    session.flush()
    line = OrderLine(
        order_id=order.id,
        product_id=product.id,
        institution_code=quoted.institution_code,
        role=quoted.role,
        cents=quoted.cents,
        currency=quoted.currency,
        vat_bp=quoted.vat_bp,
        supplied_on=today,
        starts_on=starts_on,
        ends_on=None if product.length_days else quoted.ends_on,
    )
    session.add(line)
    session.flush()
    return order


METHODS: Final = ("cash", "card_terminal")
"""How one pays at the counter: recorded as the payment's provider. No callback can speak for them."""


def sell_at_counter(
    session: Session,
    member_id: int,
    product_code: str,
    *,
    method: str,
    cents: int,
    starts_on: date,
    now: datetime,
    settings: Settings,
) -> Order:
    """Sell one product to a person for money that was taken: receipt, mail, and the pass that it gives.

    `cents` and `starts_on` are the price and the first day that both of them saw on the screen. Of two desks that sell
    the same to one person at once, the second is told that it has changed: that person holds it already.

    Raises:
        DomainError: not_found, offer_changed, or as `checkout.quote`.
    """
    today, seller_vat = helsinki_date(now), settings.seller_vat
    session.execute(select(Member.id).where(Member.id == member_id).with_for_update(key_share=True))
    product = catalogue_queries.product_by_code(session, product_code)
    offer = queries.quote_price(
        session, member_id, product, starts_on=None, today=today, seller_vat=seller_vat
    )
    if (offer.cents, offer.starts_on) != (cents, starts_on):
        now_offered = {"cents": offer.cents, "starts_on": offer.starts_on.isoformat()}
        raise DomainError(OFFER_CHANGED, now=now_offered)
    order = place_order(
        session, member_id, product_code, starts_on=None, now=now, seller_vat=seller_vat
    )
    _take_payment(session, order, method, seller_of(settings), now)
    return order


def _take_payment(
    session: Session, order: Order, method: str, seller: Seller, now: datetime
) -> None:
    payment = Payment(
        order_id=order.id,
        provider=method if order.total_cents else payments.FREE,
        reference=new_secret(),
        cents=order.total_cents,
        currency=order.currency,
        started_at=now,
    )
    session.add(payment)
    session.flush()
    record_outcome(session, payment.id, "paid", occurred_at=now, recorded_at=now)
    payments.grant(session, payment, now, seller)
