"""What can still be refunded of an order, and what the rules suggest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from zone.core.money import euros_typed
from zone.passes.credit_notes.queries import left_of
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.payments.models import Payment, PaymentEvent, Refund, RefundLine
from zone.passes.receipts.models import Receipt, ReceiptLine
from zone.passes.refund_rules.queries import RefundableLine, refundable_lines
from zone.passes.refunds.rules import LineLeft
from zone.passes.upgrades.models import PassUpgrade


@dataclass(frozen=True, slots=True)
class LineToRefund:
    """A line with what is left of it, and what the rules pay back today and why."""

    line: LineLeft
    by_rule: RefundableLine
    suggested: int

    @property
    def as_typed(self) -> str:
        """What the rules pay back, as people type it: `45,00`."""
        return euros_typed(self.suggested)


def lines_left(session: Session, sale: Receipt) -> list[LineLeft]:
    """Return the lines of a sale with what was not refunded yet, in the order of the order."""
    left = {one.line_id: one.cents for one in left_of(session, sale)}
    sold = session.scalars(
        select(ReceiptLine)
        .where(ReceiptLine.receipt_id == sale.id)
        .order_by(ReceiptLine.order_line_id)
    )
    return [
        LineLeft(number, line.order_line_id, line.id, line.cents, left[line.id])
        for number, line in enumerate(sold, 1)
    ]


def lines_to_refund(
    lines: Sequence[LineLeft], by_rule: Sequence[RefundableLine]
) -> list[LineToRefund]:
    """Return the lines of an order with what the rules suggest of each."""
    rules = {one.line_id: one for one in by_rule}
    return [
        LineToRefund(
            line,
            rules[line.order_line_id],
            # What was given back before counts as paid back by the rules.
            max(min(rules[line.order_line_id].back.cents - (line.sold - line.left), line.left), 0),
        )
        for line in lines
        if line.order_line_id in rules
    ]


def suggestions(session: Session, sale: Receipt, now: datetime) -> list[LineToRefund]:
    """Return the lines of a paid order with what is left, and what the rules suggest today."""
    return lines_to_refund(lines_left(session, sale), refundable_lines(session, sale.order_id, now))


def granted_payment(session: Session, order_id: int) -> Payment:
    """Return the payment for which an order was granted: what others paid went back by itself."""
    returned = exists().where(Refund.payment_id == Payment.id, Refund.recorded_by.is_(None))
    paid = (
        select(Payment)
        .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .where(
            Payment.order_id == order_id,
            PaymentEvent.outcome == "paid",
            ~returned,
        )
    )
    return session.execute(paid).scalar_one()


def has_credit_note(session: Session, sale_id: int) -> bool:
    """Return whether anything of a sale was credited, also 0 cents."""
    return (
        session.scalar(select(Receipt.id).where(Receipt.credits_id == sale_id).limit(1)) is not None
    )


def ended_lines(session: Session, line_ids: Collection[int]) -> set[int]:
    """Return those of these lines whose passes a refund has ended already."""
    ended = select(RefundLine.order_line_id).where(
        RefundLine.order_line_id.in_(line_ids), RefundLine.ends_pass
    )
    return set(session.scalars(ended))


def is_upgraded(session: Session, line_ids: Collection[int], today: date) -> bool:
    """Return whether another order that was paid and not refunded has upgraded a pass of these
    lines, and that upgrade is not over.
    """
    bought, old, new = aliased(Pass), aliased(Pass), aliased(Pass)
    root = func.coalesce(bought.root_id, bought.id)
    refunded = exists().where(PassEvent.pass_id == new.id, PassEvent.kind == "refunded")
    upgrade = (
        select(PassUpgrade.id)
        .join(old, old.id == PassUpgrade.pass_id)
        .join(bought, and_(old.id >= bought.id, func.coalesce(old.root_id, old.id) == root))
        .join(new, new.order_line_id == PassUpgrade.order_line_id)
        .where(bought.order_line_id.in_(line_ids), new.ends_on >= today, ~refunded)
        .limit(1)
    )
    return session.scalar(upgrade) is not None
