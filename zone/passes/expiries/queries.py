"""The orders whose time to pay is over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from zone.passes.expiries.models import OrderExpiry
from zone.passes.orders.models import Order, OrderLine
from zone.passes.payments.models import Payment, PaymentEvent
from zone.passes.receipts.models import Receipt
from zone.passes.upgrades.models import PassUpgrade


def expired_by(now: datetime) -> Select[int]:
    """Select the orders that were not paid in time and did not expire yet.

    Not those whose buyer's bank is still confirming the payment.
    """
    later = aliased(PaymentEvent)
    waits = exists().where(
        Payment.order_id == Order.id,
        PaymentEvent.payment_id == Payment.id,
        PaymentEvent.outcome == "pending",
        ~exists().where(later.payment_id == Payment.id, later.outcome != "pending"),
    )
    return select(Order.id).where(
        Order.pay_until <= now,
        ~exists().where(OrderExpiry.order_id == Order.id),
        ~exists().where(Receipt.order_id == Order.id),
        ~waits,
    )


def orders_to_expire(session: Session, now: datetime, most: int) -> Sequence[int]:
    """Return the orders whose time to pay is over, the oldest first."""
    return session.scalars(expired_by(now).order_by(Order.id).limit(most)).all()


def has_later_order(session: Session, order: Order) -> bool:
    """Return whether the buyer of an order has placed another one since."""
    later = select(Order.id).where(Order.member_id == order.member_id, Order.id > order.id)
    return session.scalar(later.limit(1)) is not None


def is_upgrade(session: Session, order_id: int) -> bool:
    """Return whether an order takes the place of a pass."""
    lines = select(OrderLine.id).where(OrderLine.order_id == order_id)
    upgrade = select(PassUpgrade.id).where(PassUpgrade.order_line_id.in_(lines))
    return session.scalar(upgrade.limit(1)) is not None


def expired_at(session: Session, order_id: int) -> datetime | None:
    """Return when an order expired; None: it did not."""
    row: Select[datetime] = select(OrderExpiry.expired_at).where(OrderExpiry.order_id == order_id)
    return session.scalar(row)
