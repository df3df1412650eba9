"""What has happened to an order, from the rows that its steps have left."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.formats import format_cents
from zone.passes.expiries.models import OrderExpiry
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.payments.models import Payment, PaymentEvent, Refund, RefundEvent
from zone.passes.receipts.models import Receipt
from zone.passes.withdrawals.models import StartConsent, Withdrawal

RANK: Final = (
    "placed",
    "consent",
    "started",
    "pending",
    "declined",
    "cancelled",
    "paid",
    "granted",
    "receipt",
    "expired",
    "withdrawn",
    "refund",
    "done",
    "refused",
    "by_hand",
)
"""The steps in the order in which they follow each other; of one instant this decides."""


@dataclass(frozen=True, slots=True)
class OrderStep:
    """A step of an order: one of RANK, when it happened, and the way to pay, number or sum."""

    kind: str
    at: datetime
    detail: str = ""


def history_of(session: Session, order: Order) -> list[OrderStep]:
    """Return what has happened to an order, in the order of time."""
    steps = [OrderStep("placed", order.placed_at), *_paying(session, order.id)]
    steps += [*_granting(session, order.id), *_giving_back(session, order.id)]
    return sorted(steps, key=lambda step: (step.at, RANK.index(step.kind)))


def _paying(session: Session, order_id: int) -> Iterator[OrderStep]:
    consent = select(StartConsent.given_at).where(StartConsent.order_id == order_id)
    yield from (OrderStep("consent", at) for at in session.scalars(consent))
    expired = select(OrderExpiry.expired_at).where(OrderExpiry.order_id == order_id)
    yield from (OrderStep("expired", at) for at in session.scalars(expired))
    for payment in session.scalars(select(Payment).where(Payment.order_id == order_id)):
        yield OrderStep("started", payment.started_at, payment.provider)
    events = select(PaymentEvent).join(Payment, Payment.id == PaymentEvent.payment_id)
    for event in session.scalars(events.where(Payment.order_id == order_id)):
        # Not when it occurred: clocks of providers differ, and some count in seconds.
        yield OrderStep(event.outcome, event.recorded_at)


def _granting(session: Session, order_id: int) -> Iterator[OrderStep]:
    sold = (
        select(PassEvent.recorded_at)
        .join(Pass, Pass.id == PassEvent.pass_id)
        .join(OrderLine, OrderLine.id == Pass.order_line_id)
        .where(OrderLine.order_id == order_id, PassEvent.kind == "sold")
    )
    yield from (OrderStep("granted", at) for at in session.scalars(sold))
    for receipt in session.scalars(select(Receipt).where(Receipt.order_id == order_id)):
        yield OrderStep("receipt", receipt.issued_at, receipt.printed_number)


def _giving_back(session: Session, order_id: int) -> Iterator[OrderStep]:
    withdrawn = select(Withdrawal.withdrawn_at).where(Withdrawal.order_id == order_id)
    yield from (OrderStep("withdrawn", at) for at in session.scalars(withdrawn))
    refunds = select(Refund).join(Payment, Payment.id == Refund.payment_id)
    for refund in session.scalars(refunds.where(Payment.order_id == order_id)):
        yield OrderStep("refund", refund.recorded_at, format_cents(refund.cents))
    events = (
        select(RefundEvent)
        .join(Refund, Refund.id == RefundEvent.refund_id)
        .join(Payment, Payment.id == Refund.payment_id)
    )
    for event in session.scalars(events.where(Payment.order_id == order_id)):
        yield OrderStep(event.outcome, event.recorded_at)
