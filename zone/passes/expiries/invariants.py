"""What must hold of expired orders, for `zone doctor`."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.expiries.models import OrderExpiry
from zone.passes.expiries.queries import expired_by
from zone.passes.orders.models import Order
from zone.passes.receipts.models import Receipt
from zone.passes.vouchers.models import VoucherUse

_LATE: Final = timedelta(minutes=30)


def count_wrong_expiries(session: Session, now: datetime) -> int:
    """Count the unpaid orders whose time was over long ago, and the expired ones with a use of a
    discount code that was not paid.
    """
    sale = exists().where(Receipt.order_id == OrderExpiry.order_id, Receipt.kind == "sale")
    kept = (
        select(VoucherUse.id)
        .join(OrderExpiry, OrderExpiry.order_id == VoucherUse.order_id)
        .where(VoucherUse.freed_at.is_(None), ~sale)
    )
    late = expired_by(now - _LATE).where(Order.placed_at <= now - _LATE)
    return count_rows(session, late) + count_rows(session, kept)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "expiries",
        "orders that are not paid in time expire and free what they held",
        count_wrong_expiries,
        "Is the scheduler running? It lets orders expire every minute.",
        at_present=True,
    ),
)
