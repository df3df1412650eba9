"""Selling at the counter, with its audit row. Never commits."""

import uuid
from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.desk.people.service import audit_person
from zone.passes.orders import queries as orders_queries
from zone.passes.orders import service as orders
from zone.passes.orders.queries import OrderView


def sell(
    session: Session,
    person: uuid.UUID,
    *,
    product: str,
    method: str,
    cents: int,
    starts_on: date,
    actor_id: int,
    now: datetime,
    settings: Settings,
) -> OrderView:
    """Sell a product at the counter, at the person's own price.

    Raises:
        DomainError: not_found, or as `passes.counter.sell`.
    """
    order = orders.sell_at_counter(
        session,
        person,
        product,
        method=method,
        cents=cents,
        starts_on=starts_on,
        now=now,
        settings=settings,
    )
    sold = orders_queries.order_view(session, order, now)
    after = {
        "product": product,
        "cents": order.total_cents,
        "method": method,
        "receipt": sold.receipts[0].number,
    }
    audit_person(
        session, "counter.sell", person, actor_id, now, after={"order": order.public_id, **after}
    )
    return sold
