"""What buyers have said about withdrawal, and whether they can still withdraw."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.passes.refund_rules.queries import RefundableLine
from zone.passes.withdrawals.models import Withdrawal


def withdrawn_at(session: Session, order_id: int) -> datetime | None:
    """Return when the buyer has withdrawn from an order; None: they have not."""
    return session.scalar(select(Withdrawal.withdrawn_at).where(Withdrawal.order_id == order_id))


def can_be_withdrawn(lines: Sequence[RefundableLine], today: date) -> bool:
    """Return whether a paid order is in its time of withdrawal; `lines` are all it has."""
    return bool(lines) and all(today <= line.back.withdraw_until for line in lines)
