"""What a pass can be upgraded to, and for how much."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.passes.catalogue.models import Price, Product
from zone.passes.orders.models import Order, OrderLine
from zone.passes.pass_changes.queries import sold_visits, visits_after
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.passes import queries as passes
from zone.passes.passes.life import Life, length, state_on
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.quotes.queries import Quote, quote_price
from zone.passes.upgrades.errors import NO_UPGRADE
from zone.passes.upgrades.models import PassUpgrade
from zone.passes.upgrades.rules import PricedDays, add_days, is_upgrade, upgrade_cents


@dataclass(frozen=True, slots=True)
class UpgradeOffer:
    """An upgrade of a pass, at the price of its line; its days are those that the pass has left."""

    pass_id: uuid.UUID
    quote: Quote


def upgrades_of(
    session: Session, member_id: int, pass_id: uuid.UUID, now: datetime, *, seller_vat: bool
) -> list[UpgradeOffer]:
    """Return what a person's pass can be upgraded to today, the cheapest first."""
    pass_ = passes.own_pass_row(session, member_id, pass_id)
    life, today = passes.derived_life(session, pass_), helsinki_date(now)
    if not _can_be_upgraded(pass_, life, today):
        return []
    sold = select(Product).where(Product.id.in_(select(Price.product_id))).order_by(Product.id)
    offers = [
        UpgradeOffer(pass_id, quote)
        for product in session.scalars(sold)
        if is_upgrade(
            pass_.kind,
            pass_.rights,
            product.kind,
            product.rights,
            held_visits=sold_visits(session, pass_),
            visits=product.visits,
        )
        and _has_visits(session, pass_, product)
        and (quote := _quote(session, pass_, life, product, now, seller_vat))
    ]
    return sorted(offers, key=lambda offer: (offer.quote.cents, offer.quote.product.code))


def upgrade_offer(
    session: Session,
    member_id: int,
    pass_id: uuid.UUID,
    code: str,
    now: datetime,
    *,
    seller_vat: bool,
) -> UpgradeOffer:
    """Return the offer of a product for a person's pass.

    Raises:
        DomainError: not_found, no_upgrade.
    """
    offers = upgrades_of(session, member_id, pass_id, now, seller_vat=seller_vat)
    found = next((offer for offer in offers if offer.quote.product.code == code), None)
    if found is None:
        raise DomainError(NO_UPGRADE)
    return found


def _can_be_upgraded(pass_: Pass, life: Life, today: date) -> bool:
    # One that waits for its activation has no days yet by which its price could be divided.
    waits = pass_.length_days is not None and pass_.ends_on == pass_.activate_by
    return state_on(life, today) in ("valid", "not_yet") and not waits


def _has_visits(session: Session, pass_: Pass, product: Product) -> bool:
    left = visits_after(session, pass_, product.visits)
    return left is None or left > 0


def _quote(
    session: Session, pass_: Pass, life: Life, product: Product, now: datetime, seller_vat: bool
) -> Quote | None:
    """Return the price of the upgrade with the days that are left; None: it is not sold to them."""
    new, today = _quoted(session, pass_.member_id, product, now, seller_vat), helsinki_date(now)
    if new is None:
        return None
    first = max(life.starts_on, today)
    cents = upgrade_cents(
        _old_price(session, pass_, now, seller_vat),
        _priced(new),
        _days_left(life, first, life.ends_on),
        by_days=pass_rules(session, today).upgrade_by_days,
    )
    # A day of a long pass may cost less than one of a short pass that gives less: no upgrade for
    # nothing, or everybody would begin with the short one.
    if cents == 0:
        return None
    return replace(new, cents=cents, starts_on=first, ends_on=life.ends_on)


def _quoted(
    session: Session, member_id: int, product: Product, now: datetime, seller_vat: bool
) -> Quote | None:
    try:
        return quote_price(
            session,
            member_id,
            product,
            starts_on=helsinki_date(now),
            now=now,
            seller_vat=seller_vat,
        )
    except DomainError:  # it is not sold to them, or not now: it is no offer
        return None


def _old_price(session: Session, pass_: Pass, now: datetime, seller_vat: bool) -> PricedDays:
    """Return what the old pass costs today, else the price for which it was sold.

    Today's prices of both: who bought before prices rose pays no more than the difference.
    """
    product = session.get_one(Product, pass_.product_id)
    quoted = _quoted(session, pass_.member_id, product, now, seller_vat)
    if quoted is not None:
        return _priced(quoted)
    return add_days(_sold_parts(session, pass_), _sold_days(pass_))


def _sold_parts(session: Session, pass_: Pass) -> list[PricedDays]:
    """Return what was sold up to a pass: the first of its chain, and each upgrade's difference.

    Before any discount, as the prices of today are. A replacement was not sold.
    """
    refunded = exists().where(PassEvent.pass_id == Pass.id, PassEvent.kind == "refunded")
    root = pass_.root_id or pass_.id
    sold = session.execute(
        select(Pass, OrderLine, Order.placed_at, PassUpgrade.pass_id)
        .join(OrderLine, OrderLine.id == Pass.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(PassUpgrade, PassUpgrade.order_line_id == OrderLine.id)
        .where(Pass.id <= pass_.id, or_(Pass.id == root, Pass.root_id == root), ~refunded)
        .order_by(Pass.id)
    )
    return [
        PricedDays(
            line.cents + line.discount_cents,
            _upgraded_days(session, old_id, line, placed_at) if old_id else _sold_days(one),
        )
        for one, line, placed_at, old_id in sold
    ]


def _upgraded_days(session: Session, old_id: int, line: OrderLine, placed_at: datetime) -> int:
    """Return for how many days the difference of an upgrade was paid."""
    old = session.get_one(Pass, old_id)
    by_days = pass_rules(session, helsinki_date(placed_at)).upgrade_by_days
    if by_days and line.starts_on and line.ends_on:
        return _days_left(passes.derived_life(session, old), line.starts_on, line.ends_on)
    return _sold_days(old)


def _sold_days(pass_: Pass) -> int:
    return pass_.length_days or length((pass_.sold_from, pass_.sold_until))


def _days_left(life: Life, first: date, last: date) -> int:
    """Return the days from one to another in which a pass is not paused."""
    paused = sum(
        length((max(begin, first), min(end, last)))
        for begin, end in life.pauses
        if begin <= last and end >= first
    )
    return length((first, last)) - paused


def _priced(quote: Quote) -> PricedDays:
    days = quote.days_from_activation or length((quote.starts_on, quote.ends_on))
    return PricedDays(quote.cents, days)
