"""Let orders expire that were not paid in time. Never commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.db.statements import insert_new
from zone.passes.expiries.models import OrderExpiry
from zone.passes.expiries.queries import expired_by
from zone.passes.orders.models import Order
from zone.passes.payments.service import lock_order
from zone.passes.quotas import service as quotas
from zone.passes.vouchers import service as vouchers


def expire_order(session: Session, order_id: int, now: datetime) -> bool:
    """Free the places and the discount code of an order that was not paid in time.

    Returns False where it was just paid, or has expired already.
    """
    # A payment that is being granted locks the order, too: then it has its receipt.
    lock_order(session, order_id)
    due = select(Order.id).where(Order.id == order_id, Order.id.in_(expired_by(now)))
    if session.scalar(due) is None:
        return False
    row = {"order_id": order_id, "expired_at": now}
    if not insert_new(session, OrderExpiry, [row], OrderExpiry.id):
        return False
    quotas.free_places(session, order_id, now)
    vouchers.free_use(session, order_id, now)
    return True
