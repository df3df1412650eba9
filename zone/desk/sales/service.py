"""Sell at the counter, audited. Never commits."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.time import helsinki_date
from zone.desk.lost_phones.errors import LOSS_FEE_ALONE
from zone.desk.sales.queries import SalePrice, price_of_sale
from zone.members.people.service import another_member, audit_member, view_member
from zone.passes.orders import queries as orders_queries
from zone.passes.orders import service as orders
from zone.passes.orders.errors import OFFER_CHANGED
from zone.passes.orders.queries import OrderView
from zone.passes.orders.rules import CounterLine
from zone.passes.pass_rules.queries import pass_rules


def price_sale(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    products: Sequence[str],
    *,
    voucher: str | None,
    now: datetime,
    settings: Settings,
) -> SalePrice:
    """Return what products would cost a person now; who looked is on record.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself, offer_changed: one of them is not sold
            to them now; voucher_unknown, voucher_closed, voucher_used_up, voucher_of_others.
    """
    another_member(session, actor, person)
    view_member(session, actor, person, now)
    return price_of_sale(session, person, products, voucher=voucher, settings=settings, now=now)


def sell(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    lines: Sequence[CounterLine],
    *,
    method: str,
    now: datetime,
    settings: Settings,
    reference: str | None = None,
    till: str | None = None,
    voucher: str | None = None,
    discount: int | None = None,
    total: int | None = None,
    of_loss: bool = False,
) -> OrderView:
    """Sell products to a person for money that was taken at the counter, as one order.

    The lines are what the screen showed, and the `discount` of a code what it took off. `total` is
    the sum that was shown; None: it is not compared. `of_loss`: a phone is being replaced.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself; loss_fee_alone: the fee of a lost phone
            without a lost phone; or as `orders.service.sell_at_counter`.
    """
    member = another_member(session, actor, person)
    fee = pass_rules(session, helsinki_date(now)).loss_fee
    if not of_loss and fee in {line.product for line in lines}:
        raise DomainError(LOSS_FEE_ALONE)
    order = orders.sell_at_counter(
        session,
        person,
        lines,
        method=method,
        reference=reference,
        till=till,
        voucher=voucher,
        discount=discount,
        now=now,
        settings=settings,
    )
    if total not in (None, order.total_cents):
        raise DomainError(OFFER_CHANGED)
    view = orders_queries.order_view(session, order, now)
    after = {
        "order": order.public_id,
        "product": ", ".join(line.product for line in lines),
        "cents": order.total_cents,
        "method": method,
        "receipt": view.receipts[0].number,
    }
    audit_member(session, "counter.sell", member, actor.id, now, after=after)
    return view
