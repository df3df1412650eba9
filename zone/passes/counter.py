"""Selling at the counter: what is paid in cash or by card is an order like any other, paid and granted at once."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.config import Settings
from zone.core.errors import DomainError
from zone.core.ids import new_secret
from zone.core.time import helsinki_date
from zone.members.models import Member
from zone.passes import catalogue, checkout
from zone.passes.errors import OFFER_CHANGED
from zone.passes.ledger import Seller, record_outcome, seller_of
from zone.passes.models import Order, Payment

METHODS: Final = ("cash", "card_terminal")
"""How one pays at the counter: recorded as the payment's provider. No callback can speak for them."""


def sell(
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
    product = catalogue.product_by_code(session, product_code)
    offer = checkout.quote(session, member_id, product, starts_on=None, today=today, seller_vat=seller_vat)
    if (offer.cents, offer.starts_on) != (cents, starts_on):
        now_offered = {"cents": offer.cents, "starts_on": offer.starts_on.isoformat()}
        raise DomainError(OFFER_CHANGED, now=now_offered)
    order = checkout.place_order(session, member_id, product_code, starts_on=None, now=now, seller_vat=seller_vat)
    _take(session, order, method, seller_of(settings), now)
    return order


def _take(session: Session, order: Order, method: str, seller: Seller, now: datetime) -> None:
    payment = Payment(
        order_id=order.id,
        provider=method if order.total_cents else checkout.FREE,
        reference=new_secret(),
        cents=order.total_cents,
        currency=order.currency,
        started_at=now,
    )
    session.add(payment)
    session.flush()
    record_outcome(session, payment.id, "paid", occurred_at=now, recorded_at=now)
    checkout.grant(session, payment, now, seller)
