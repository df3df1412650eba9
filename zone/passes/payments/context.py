"""Load what decides whether an order can still be fulfilled as it was ordered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.time import helsinki_date
from zone.passes.bundles.models import OrderBundleLine
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import last_day_of
from zone.passes.catalogue.rules import FEE
from zone.passes.entitlements.rules import Rights, from_stored
from zone.passes.orders.models import Order, OrderLine
from zone.passes.orders.rules import is_worth_its_price
from zone.passes.pass_changes.queries import visits_after
from zone.passes.passes.life import state_on
from zone.passes.passes.models import Pass
from zone.passes.passes.queries import derived_life, live_passes, next_free_day, sold_since
from zone.passes.payments.rules import ALREADY_HELD, PAID_LATE, UPGRADE_GONE
from zone.passes.receipts.models import Receipt
from zone.passes.upgrades.models import PassUpgrade


def is_settled(session: Session, order_id: int) -> bool:
    """Return whether an order is granted: it has the receipt of its sale."""
    return _has_receipt(session, order_id, "sale")


def is_refunded(session: Session, order_id: int) -> bool:
    """Return whether staff have refunded all of an order."""
    left = select(func.sum(Receipt.cents)).where(
        Receipt.order_id == order_id, Receipt.kind.in_(("sale", "refund"))
    )
    return _has_receipt(session, order_id, "refund") and (session.scalar(left) or 0) <= 0


def _has_receipt(session: Session, order_id: int, kind: str) -> bool:
    receipt = select(Receipt.id).where(Receipt.order_id == order_id, Receipt.kind == kind).limit(1)
    return session.scalar(receipt) is not None


@dataclass(frozen=True, slots=True)
class OrderedPass:
    """The pass that a line of an order gives, as it was ordered; both days included."""

    line_id: int
    product: Product
    kind: str
    entitlements: Sequence[str]
    campuses: Sequence[str]
    starts_on: date
    ends_on: date
    length_days: int | None
    visits: int | None = None
    counts: bool = True
    conditions: Sequence[Any] = ()
    upgrades: int | None = None
    """The pass that it takes the place of."""

    @property
    def rights(self) -> Rights:
        """All that it gives."""
        return Rights(self.entitlements, self.campuses, from_stored(self.conditions))


def ordered_passes(session: Session, order: Order, now: datetime) -> list[OrderedPass]:
    """Return the passes that an order gives; a fee, such as that for a lost card, gives none."""
    rows = session.execute(
        select(OrderLine, Product, PassUpgrade.pass_id, OrderBundleLine.counts)
        .join(Product, Product.id == OrderLine.product_id)
        .outerjoin(PassUpgrade, PassUpgrade.order_line_id == OrderLine.id)
        .outerjoin(OrderBundleLine, OrderBundleLine.order_line_id == OrderLine.id)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.id)
    )
    return [
        replace(
            _ordered_pass(session, order.member_id, line, product, helsinki_date(now)),
            upgrades=upgrades,
            counts=counts is not False,
        )
        for line, product, upgrades, counts in rows
        if (line.kind or product.kind) != FEE
    ]


def _ordered_pass(
    session: Session, member_id: int, line: OrderLine, product: Product, today: date
) -> OrderedPass:
    # Only a line of an older version leaves something to the product and the day of the payment.
    starts_on = line.starts_on or max(next_free_day(session, member_id, product, today), today)
    return OrderedPass(
        line_id=line.id,
        product=product,
        kind=line.kind or product.kind,
        entitlements=product.entitlements if line.entitlements is None else line.entitlements,
        campuses=product.campuses if line.campuses is None else line.campuses,
        starts_on=starts_on,
        ends_on=line.ends_on or last_day_of(session, product, starts_on),
        length_days=line.length_days,
        visits=line.visits,
        conditions=line.conditions,
    )


def reason_against_payment(session: Session, order: Order, now: datetime) -> str | None:
    """Return why no payment of an order may be started; stricter than for one that has arrived."""
    today = helsinki_date(now)
    for ordered in ordered_passes(session, order, now):
        if today > ordered.starts_on:
            return PAID_LATE
        if _is_upgrade_gone(session, ordered, today):
            return UPGRADE_GONE
        if _is_held(session, order, ordered):
            return ALREADY_HELD
    return None


def reason_against_grant(session: Session, order: Order, now: datetime) -> str | None:
    """Return why an order that was paid cannot be fulfilled as ordered; one of `rules.RETURNED`."""
    today = helsinki_date(now)
    for ordered in ordered_passes(session, order, now):
        if not is_worth_its_price(ordered.starts_on, ordered.ends_on, today):
            return PAID_LATE
        if _is_upgrade_gone(session, ordered, today):
            return UPGRADE_GONE
        if _is_held(session, order, ordered):
            return ALREADY_HELD
    return None


def _is_upgrade_gone(session: Session, ordered: OrderedPass, today: date) -> bool:
    """Return whether the pass that was to be upgraded has ended, such as by another upgrade, or has
    no visit left.
    """
    if ordered.upgrades is None:
        return False
    pass_ = session.get_one(Pass, ordered.upgrades)
    left = visits_after(session, pass_, ordered.visits)
    if left is not None and left < 1:
        return True
    return state_on(derived_life(session, pass_), today) not in ("valid", "not_yet", "paused")


def _is_held(session: Session, order: Order, ordered: OrderedPass) -> bool:
    """Return whether a pass that was sold after the order gives the same on one of its days."""
    # Only those sold after it: the buyer saw the others, and may have wanted these days beside one.
    sold = sold_since(session, order.member_id, order.placed_at)
    return any(
        pass_.id in sold
        and not pass_.visits
        and pass_.starts_on <= ordered.ends_on
        and pass_.rights.covers(ordered.rights)
        for pass_ in live_passes(session, order.member_id, ordered.starts_on)
    )
