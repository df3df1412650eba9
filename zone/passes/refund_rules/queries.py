"""What is paid back of the lines of an order today, and why."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from zone.core.time import helsinki_date
from zone.passes.bundles.queries import bundles_of_order, with_bundle
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.catalogue.rules import FEE, last_day
from zone.passes.orders.models import OrderLine
from zone.passes.pass_changes.queries import used_since
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.pass_rules.rules import PassRules
from zone.passes.passes.life import LifeEvent
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.queries import life_event
from zone.passes.payments.models import Payment, PaymentEvent
from zone.passes.payments.rules import METHODS
from zone.passes.refund_rules.rules import PaidLine, Refundable, refundable
from zone.passes.withdrawals.models import StartConsent


@dataclass(frozen=True, slots=True)
class RefundableLine:
    """A line of an order, and what is paid back of it today. `product`: fi, sv and en."""

    line_id: int
    product: dict[str, str]
    cents: int
    back: Refundable


def refundable_lines(session: Session, order_id: int, now: datetime) -> list[RefundableLine]:
    """Return the lines of a paid order with what is paid back of each; empty: it is not paid."""
    paid_at = session.scalar(
        select(func.min(PaymentEvent.occurred_at))
        .join(Payment, Payment.id == PaymentEvent.payment_id)
        .where(Payment.order_id == order_id, PaymentEvent.outcome == "paid")
    )
    if paid_at is None:
        return []
    rules, consented = pass_rules(session, helsinki_date(now)), _consented(session, order_id)
    rows = session.execute(
        select(OrderLine, Product, Pass)
        .join(Product, Product.id == OrderLine.product_id)
        .outerjoin(Pass, Pass.order_line_id == OrderLine.id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )
    bundles = bundles_of_order(session, order_id)
    return [
        RefundableLine(
            line.id,
            with_bundle(bundles.get(line.id), names_of(product)),
            line.cents,
            _refundable(_known(session, line, product, pass_, paid_at), consented, now, rules),
        )
        for line, product, pass_ in rows
    ]


def _consented(session: Session, order_id: int) -> bool:
    """Return whether the buyer asked for the start; at the desk everybody does."""
    asked = select(StartConsent.id).where(StartConsent.order_id == order_id)
    at_desk = select(Payment.id).where(Payment.order_id == order_id, Payment.provider.in_(METHODS))
    return session.scalar(select(or_(asked.exists(), at_desk.exists()))) is True


def _refundable(
    known: tuple[PaidLine, list[LifeEvent]], consented: bool, now: datetime, rules: PassRules
) -> Refundable:
    line, events = known
    return refundable(replace(line, consented=consented), events, now, rules)


def _known(
    session: Session, line: OrderLine, product: Product, pass_: Pass | None, paid_at: datetime
) -> tuple[PaidLine, list[LifeEvent]]:
    """Return a line and the events of its pass, or of the one that has taken its place."""
    if pass_ is None or (line.kind or product.kind) == FEE:
        return PaidLine(line.cents, paid_at, None), []
    root = pass_.root_id or pass_.id
    # Of an upgrade what was before it belongs to the order of the first pass.
    chain = and_(or_(Pass.id == root, Pass.root_id == root), Pass.id >= pass_.id)
    newest = session.scalars(select(Pass).where(chain).order_by(Pass.id.desc()).limit(1)).one()
    # A use of any of them is a use of what was bought; the rest is in the newest one's own events.
    events = session.scalars(
        select(PassEvent)
        .join(Pass, Pass.id == PassEvent.pass_id)
        .where(chain, or_(PassEvent.pass_id == newest.id, PassEvent.kind == "first_used"))
        .order_by(PassEvent.occurred_at, PassEvent.id)
    ).all()
    activated_on = next(
        (helsinki_date(event.occurred_at) for event in events if event.kind == "activated"), None
    )
    sold = newest.sold_from, newest.sold_until
    if newest.length_days is not None:
        # Its days begin with its activation; until then none of them has begun.
        first = activated_on or newest.sold_until
        sold = first, last_day(first, newest.length_days)
    paid = PaidLine(
        line.cents,
        paid_at,
        sold,
        since=line.starts_on if pass_.root_id else None,
        visits=pass_.visits,
        visits_used=used_since(session, pass_) if pass_.visits is not None else 0,
    )
    return paid, [life_event(event) for event in events]
