"""Let orders expire that were not paid in time. Never commits."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.db.statements import insert_new
from zone.core.formats import format_date
from zone.core.mail import service as mail
from zone.core.mail.questions import declare_question
from zone.members.people.queries import member_by_id
from zone.passes.expiries.models import OrderExpiry
from zone.passes.expiries.queries import expired_by, has_later_order, is_upgrade
from zone.passes.orders.models import Order
from zone.passes.payments.context import is_settled
from zone.passes.payments.service import lock_order
from zone.passes.quotas import service as quotas
from zone.passes.receipts.queries import items_of, order_lines
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
    _mail(session, session.get_one(Order, order_id), now)
    return True


def _mail(session: Session, order: Order, now: datetime) -> None:
    """Tell the buyer, unless they have ordered again: then they know."""
    if has_later_order(session, order):
        return
    member, lines = member_by_id(session, order.member_id), order_lines(session, order.id)
    language = member.language
    # The shop shows several products, bundles, and what takes the place of a pass at hand.
    is_plain = len(lines) == 1 and not (lines[0].bundle or is_upgrade(session, order.id))
    shop = f"/buy/{lines[0].code}" if is_plain else "/buy"
    mail.post(
        session,
        to=member.email,
        template="passes/order_expired",
        language=language,
        params={
            "products": ", ".join(item.product[language] for item in items_of(lines)),
            "day": format_date(order.placed_at, language),
            "shop_path": shop,
        },
        now=now,
        asked=STILL_UNPAID.about(order.public_id),
    )


def _is_still_unpaid(session: Session, public_id: str, _now: datetime) -> bool:
    """Return whether an order was not paid after all, and its buyer has not ordered again."""
    order = session.scalar(select(Order).where(Order.public_id == UUID(public_id)))
    return order is not None and not (
        is_settled(session, order.id) or has_later_order(session, order)
    )


STILL_UNPAID: Final = declare_question("passes.order_expired", _is_still_unpaid)
