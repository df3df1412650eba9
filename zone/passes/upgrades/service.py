"""Order the upgrade of a pass. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.ids import new_public_id
from zone.core.time import helsinki_date
from zone.passes.orders.errors import QUOTE_CHANGED
from zone.passes.orders.models import Order, OrderLine
from zone.passes.orders.rules import ShownQuote
from zone.passes.orders.service import line_of, order_time, pay_until
from zone.passes.pass_changes.service import lock_pass
from zone.passes.quotas import service as quotas
from zone.passes.receipts.rules import Seller, check_seller
from zone.passes.sale_terms.queries import terms_number
from zone.passes.upgrades.models import PassUpgrade
from zone.passes.upgrades.queries import upgrade_offer


def order_upgrade(
    session: Session,
    member_id: int,
    pass_id: uuid.UUID,
    code: str,
    *,
    shown: ShownQuote | None,
    now: datetime,
    seller: Seller,
) -> Order:
    """Order an upgrade: a line of its own with the price difference; the payment upgrades the pass.

    `shown` is what the buyer was shown.

    Raises:
        DomainError: seller_missing, not_found, pass_ended, no_upgrade, quote_changed,
            sold_out.
    """
    check_seller(seller)
    today = helsinki_date(now)
    pass_ = lock_pass(session, member_id, pass_id)
    offer = upgrade_offer(session, member_id, pass_id, code, now, seller_vat=seller.charges_vat)
    if shown is not None and shown != offer.quote.shown:
        raise DomainError(QUOTE_CHANGED, now=offer.quote.shown.as_json())
    placed_at = order_time(session, member_id, now)
    order = Order(
        public_id=new_public_id(),
        member_id=member_id,
        total_cents=offer.quote.cents,
        currency=offer.quote.currency,
        placed_at=placed_at,
        pay_until=pay_until(session, placed_at),
        terms_version=terms_number(session, today),
    )
    session.add(order)
    session.flush()
    session.add(line_of(order.id, offer.quote, today))
    session.flush()
    lines = select(OrderLine.id).where(OrderLine.order_id == order.id)
    session.add(PassUpgrade(order_line_id=session.scalars(lines).one(), pass_id=pass_.id))
    session.flush()
    # Last: everybody who wants a place of the same quota waits from here to the commit.
    quotas.take_places(session, order.id, now)
    return order
