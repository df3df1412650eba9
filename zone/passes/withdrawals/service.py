"""Record a buyer's consent, and withdraw from an order. Never commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.passes.credit_notes.queries import left_of
from zone.passes.credit_notes.rules import LineAmount
from zone.passes.credit_notes.service import issue_credit_note
from zone.passes.orders.models import Order
from zone.passes.payments import service as payments
from zone.passes.payments.errors import ALREADY_REFUNDED
from zone.passes.payments.models import Refund
from zone.passes.receipts.models import ReceiptLine
from zone.passes.receipts.service import the_sale_of
from zone.passes.refund_rules.queries import refundable_lines
from zone.passes.withdrawals.errors import WITHDRAWAL_OVER
from zone.passes.withdrawals.models import StartConsent, Withdrawal
from zone.passes.withdrawals.queries import can_be_withdrawn
from zone.passes.withdrawals.rules import CONSENT_VERSION

REASON = "withdrawal"


def record_consent(session: Session, order_id: int, now: datetime) -> None:
    """Record that the buyer asked for a start within the time of withdrawal."""
    session.add(StartConsent(order_id=order_id, text_version=CONSENT_VERSION, given_at=now))
    session.flush()


def withdraw(session: Session, order: Order, now: datetime) -> Refund:
    """Withdraw from an order for its buyer: what the rules pay back is refunded, the passes end.

    Raises:
        DomainError: not_paid, already_refunded, withdrawal_over.
    """
    # Two taps wait for each other here; the second then finds the refund receipt.
    payments.lock_order(session, order.id)
    payment_id = payments.payment_to_refund(session, order.id)
    lines = refundable_lines(session, order.id, now)
    if not can_be_withdrawn(lines, helsinki_date(now)):
        raise DomainError(WITHDRAWAL_OVER)
    row = {"order_id": order.id, "withdrawn_at": now}
    if not insert_new(session, Withdrawal, [row], Withdrawal.id):
        raise DomainError(ALREADY_REFUNDED)
    sale = the_sale_of(session, order.id)
    back = {line.line_id: line.back.cents for line in lines}
    left = {one.line_id: one.cents for one in left_of(session, sale)}
    sold = session.execute(
        select(ReceiptLine.id, ReceiptLine.order_line_id).where(ReceiptLine.receipt_id == sale.id)
    ).all()
    amounts = [LineAmount(line, min(back[of], left[line])) for line, of in sorted(sold)]
    refund, receipt = payments.add_refund(
        session,
        order,
        payment_id,
        cents=sum(one.cents for one in amounts),
        reason=REASON,
        by=order.member_id,
        now=now,
        issue=lambda: issue_credit_note(session, sale, amounts, now),
    )
    record_action(
        session,
        actor_id=order.member_id,
        action="order.withdraw",
        object_kind="order",
        object_id=order.public_id,
        after={"refund": receipt.cents, "receipt": receipt.printed_number},
        now=now,
    )
    return refund
