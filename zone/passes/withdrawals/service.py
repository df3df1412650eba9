"""Record a buyer's consent, and withdraw from an order. Never commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.passes.orders.models import Order
from zone.passes.payments import service as payments
from zone.passes.payments.errors import ALREADY_REFUNDED
from zone.passes.payments.models import Refund
from zone.passes.refund_rules.queries import refundable_lines
from zone.passes.refunds import service as refunds
from zone.passes.refunds.queries import lines_to_refund
from zone.passes.refunds.rules import LineRefund
from zone.passes.withdrawals.errors import WITHDRAWAL_OVER
from zone.passes.withdrawals.models import StartConsent, Withdrawal
from zone.passes.withdrawals.queries import can_be_withdrawn

REASON = "withdrawal"


def record_consent(session: Session, order: Order, now: datetime) -> None:
    """Record that the buyer asked for a start within the time of withdrawal, and by which words."""
    # 0: there were no words yet.
    words = order.terms_version or 0
    session.add(StartConsent(order_id=order.id, text_version=words, given_at=now))
    session.flush()


def withdraw(session: Session, order: Order, now: datetime) -> Refund:
    """Withdraw from an order for its buyer: what the rules pay back is refunded, the passes end.

    Raises:
        DomainError: not_paid, already_refunded, withdrawal_over; pass_upgraded: by another order,
            from which they withdraw first.
    """
    # Two taps wait for each other here; the second then finds the withdrawal.
    payments.lock_order(session, order.id)
    sale, lines = refunds.refundable(session, order.id)
    suggested = lines_to_refund(lines, refundable_lines(session, order.id, now))
    if not can_be_withdrawn([one.by_rule for one in suggested], helsinki_date(now)):
        raise DomainError(WITHDRAWAL_OVER)
    row = {"order_id": order.id, "withdrawn_at": now}
    if not insert_new(session, Withdrawal, [row], Withdrawal.id):
        raise DomainError(ALREADY_REFUNDED)
    back = [LineRefund(one.line.number, one.suggested, True) for one in suggested]
    refund = Refund(reason=REASON, recorded_by=order.member_id)
    receipt = refunds.give(session, order, sale, lines, back, refund, now)
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
