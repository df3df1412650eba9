"""What must hold of payments, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.orders.models import OrderLine
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.payments.models import Payment, PaymentEvent, Refund, RefundEvent
from zone.passes.payments.queries import HAS_LINES, refunds_by_hand
from zone.passes.receipts.models import Receipt


def count_granted_twice(session: Session, _named_since: datetime) -> int:
    """Count the order lines with two passes, and the orders with two payments and no refund."""
    passes = (
        select(Pass.order_line_id)
        .where(Pass.order_line_id.is_not(None))
        .group_by(Pass.order_line_id)
        .having(func.count() > 1)
    )
    # A second payment is given back when it arrives, so two that were not are a fault. A refund of
    # lines is of the payment that was granted.
    refunded = exists().where(Refund.payment_id == Payment.id, ~HAS_LINES)
    payments = (
        select(Payment.order_id)
        .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .where(PaymentEvent.outcome == "paid", ~refunded)
        .group_by(Payment.order_id)
        .having(func.count() > 1)
    )
    return count_rows(session, passes) + count_rows(session, payments)


def count_without_receipt(session: Session, _named_since: datetime) -> int:
    """Count the payments that succeeded without a receipt of their order's sale or their own."""
    sale = exists().where(Receipt.order_id == Payment.order_id, Receipt.kind == "sale")
    credit = exists().where(Receipt.payment_id == Payment.id)
    rows = (
        select(Payment.id)
        .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .where(PaymentEvent.outcome == "paid", ~sale, ~credit)
    )
    return count_rows(session, rows)


def count_returns_without_credit(session: Session, _named_since: datetime) -> int:
    """Count the payments that were given back automatically and have no credit receipt."""
    credit = exists().where(Receipt.payment_id == Refund.payment_id, Receipt.cents == -Refund.cents)
    # Before there were credit receipts: those refunds are marked as given back by hand.
    by_hand = exists().where(RefundEvent.refund_id == Refund.id, RefundEvent.outcome == "by_hand")
    rows = select(Refund.id).where(~HAS_LINES, ~credit, ~by_hand)
    return count_rows(session, rows)


def count_refunds_not_made(session: Session, now: datetime) -> int:
    """Count the refunds that a provider has refused or not made, and nobody by hand."""
    return count_rows(session, refunds_by_hand(now))


def count_passes_without_sale(session: Session, _named_since: datetime) -> int:
    """Count the passes that nobody sold: without the event, or without a receipt of their order."""
    sold = exists().where(PassEvent.pass_id == Pass.id, PassEvent.kind == "sold")
    receipt = exists().where(Receipt.order_id == OrderLine.order_id, Receipt.kind == "sale")
    rows = (
        select(Pass.id)
        .outerjoin(OrderLine, OrderLine.id == Pass.order_line_id)
        .where(or_(~sold, and_(Pass.order_line_id.is_not(None), ~receipt)))
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "payments",
        "no payment was granted twice",
        count_granted_twice,
        "Give one of the payments back at the desk.",
    ),
    Invariant("passes", "every pass was sold or given", count_passes_without_sale),
    Invariant(
        "sales",
        "every payment has its receipt",
        count_without_receipt,
        "Look the payment up at the provider, then sell the pass at the desk "
        "or give the money back.",
    ),
    Invariant(
        "returns",
        "every payment that was given back by itself has its credit receipt",
        count_returns_without_credit,
    ),
    Invariant(
        "refunds",
        "every refund is made within three days",
        count_refunds_not_made,
        "The log of the scheduler names the order and what its provider said. Give the money "
        "back by bank transfer, and say so on the order's page, `/orders/` and its id.",
        at_present=True,
    ),
)
