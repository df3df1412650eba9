"""Sell at the counter, audited. Never commits."""

import uuid
from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.identity import Actor, Permission
from zone.members.people.queries import member_by_public_id
from zone.members.people.service import audit_member
from zone.passes.orders import queries as orders_queries
from zone.passes.orders import service as orders
from zone.passes.orders.queries import OrderView


def sell(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    *,
    product: str,
    method: str,
    cents: int,
    starts_on: date,
    now: datetime,
    settings: Settings,
    ends_on: date | None = None,
    reference: str | None = None,
    till: str | None = None,
    voucher: str | None = None,
    discount: int | None = None,
) -> OrderView:
    """Sell a product to a person for money that was taken at the counter.

    `cents` and the days are what the screen showed, and the `discount` of a code what it took off.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself, or as `orders.service.sell_at_counter`.
    """
    actor.require(Permission.DESK_USE)
    member = member_by_public_id(session, person)
    actor.require_other(member.id)
    order = orders.sell_at_counter(
        session,
        person,
        product,
        method=method,
        cents=cents,
        starts_on=starts_on,
        ends_on=ends_on,
        reference=reference,
        till=till,
        voucher=voucher,
        discount=discount,
        now=now,
        settings=settings,
    )
    view = orders_queries.order_view(session, order, now)
    after = {
        "order": order.public_id,
        "product": product,
        "cents": order.total_cents,
        "method": method,
        "receipt": view.receipts[0].number,
    }
    audit_member(session, "counter.sell", member, actor.id, now, after=after)
    return view
