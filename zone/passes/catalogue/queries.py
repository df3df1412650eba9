"""Products, their prices, and the price and VAT rate of a day."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import day_window
from zone.members.institutions.models import Institution
from zone.passes.bundles.models import OrderBundle, OrderBundleLine
from zone.passes.catalogue import rules
from zone.passes.catalogue.errors import NO_SEASON
from zone.passes.catalogue.models import Price, Product, VatRate
from zone.passes.customer_groups.models import CustomerGroup, InstitutionGroup
from zone.passes.customer_groups.queries import group_on
from zone.passes.orders.models import Order, OrderLine
from zone.places.terms.models import Season


def vat_bp_on(session: Session, category: str, day: date, *, seller_vat: bool) -> int:
    """Return the VAT rate of a category on a day of supply; see `rules.vat_bp`."""
    rows = session.execute(
        select(VatRate.valid_from, VatRate.rate_bp).where(VatRate.category == category)
    )
    return rules.vat_bp([rules.DatedRate(*row) for row in rows], day, seller_vat=seller_vat)


def product_by_code(session: Session, code: str) -> Product:
    """Return the product with that code.

    Raises:
        DomainError: not_found.
    """
    product = session.scalar(select(Product).where(Product.code == code))
    if product is None:
        raise DomainError(NOT_FOUND)
    return product


def price_on(
    session: Session, product_id: int, institution_code: str, role: str, day: date
) -> int | None:
    """Return what a role of an institution pays on a day, in cents; None: not sold to them."""
    group = group_on(session, institution_code, day)
    prices = session.scalars(
        select(Price).where(Price.product_id == product_id, Price.role == role)
    ).all()
    for level in (group, ""):  # a group's own price goes before that of every institution
        price = rules.in_force((row for row in prices if row.price_group == level), day)
        if price is not None:
            # Also NULL: a group whose own price ended the sale does not fall back to the general
            # one.
            return price.cents
    return None


def first_day_of(session: Session, product: Product, starts_on: date) -> date:
    """Return the first day of a product that is to start on `starts_on`: not before its terms."""
    if product.duration not in rules.OF_TERMS:
        return starts_on
    days = rules.term_days(product.duration, _terms_from(session, starts_on), starts_on)
    return days[0] if days else starts_on


def last_day_of(session: Session, product: Product, starts_on: date) -> date:
    """Return the last day of a product that starts on `starts_on`: by its length, or of its terms.

    Of one that lasts from its activation it is the last day on which it may be activated.

    Raises:
        DomainError: no_season.
    """
    if product.activation_days is not None:
        return rules.last_day(starts_on, product.activation_days)
    if product.length_days is not None:
        return rules.last_day(starts_on, product.length_days)
    days = rules.term_days(product.duration, _terms_from(session, starts_on), starts_on)
    if days is None:
        raise DomainError(NO_SEASON)
    return days[1]


def _terms_from(session: Session, day: date) -> list[rules.TermDays]:
    columns = Season.kind, Season.starts_on, Season.ends_on
    # Two years: an academic year needs the spring after the next autumn.
    coming = select(*columns).where(Season.ends_on >= day).order_by(Season.ends_on).limit(8)
    return [rules.TermDays(*row) for row in session.execute(coming)]


def names_of(product: Product) -> dict[str, str]:
    """Return the product's name by language."""
    return {"fi": product.name_fi, "sv": product.name_sv, "en": product.name_en}


def editable_values(product: Product) -> dict[str, Any]:
    """Return what can be changed of a product."""
    return {
        "name": names_of(product),
        "kind": product.kind,
        "entitlements": product.entitlements,
        "campuses": product.campuses,
        "duration": product.duration,
        "length_days": product.length_days,
        "activation_days": product.activation_days,
        "visits": product.visits,
        "vat_category": product.vat_category,
    }


def products(session: Session) -> list[tuple[Product, list[Price]]]:
    """Return every product by code with all its prices: by role and group, the oldest first."""
    prices: dict[int, list[Price]] = {}
    for price in session.scalars(
        select(Price).order_by(Price.role, Price.price_group, Price.valid_from)
    ):
        prices.setdefault(price.product_id, []).append(price)
    return [
        (product, prices.get(product.id, []))
        for product in session.scalars(select(Product).order_by(Product.code))
    ]


def fees(session: Session) -> dict[str, dict[str, str]]:
    """Return the products that are fees: their names by language, by code."""
    rows = session.scalars(select(Product).where(Product.kind == rules.FEE).order_by(Product.code))
    return {row.code: names_of(row) for row in rows}


def prices_of(session: Session, product: Product) -> list[Price]:
    """Return all prices of a product, by role and group, the oldest first."""
    prices = select(Price).where(Price.product_id == product.id)
    return list(session.scalars(prices.order_by(Price.role, Price.price_group, Price.valid_from)))


def has_begun(price: Price, today: date) -> bool:
    """Return whether a price is or was in force, so that it may have been paid."""
    return price.valid_from <= today


def is_ordered_at(session: Session, price: Price) -> bool:
    """Return whether somebody of its role and group has ordered at a price since its first day."""
    # Those of the same day who paid the price before it, or that of another group, do not keep a
    # wrong one in force. With a discount code a line has less than its price.
    is_part = exists().where(OrderBundleLine.order_line_id == OrderLine.id)
    alone = and_(
        OrderLine.product_id == price.product_id,
        OrderLine.cents + OrderLine.discount_cents == price.cents,
        ~is_part,
    )
    in_bundle = exists().where(
        OrderBundleLine.order_line_id == OrderLine.id,
        OrderBundle.id == OrderBundleLine.order_bundle_id,
        OrderBundle.product_id == price.product_id,
        OrderBundle.cents == price.cents,
    )
    ordered = (
        select(OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            or_(alone, in_bundle),
            OrderLine.role == price.role,
            Order.placed_at >= day_window(price.valid_from)[0],
        )
        .limit(1)
    )
    if price.price_group:
        institutions = (
            select(Institution.code)
            .join(InstitutionGroup, InstitutionGroup.institution_id == Institution.id)
            .join(CustomerGroup, CustomerGroup.id == InstitutionGroup.customer_group_id)
            .where(CustomerGroup.code == price.price_group)
        )
        ordered = ordered.where(OrderLine.institution_code.in_(institutions))
    return session.scalar(ordered) is not None


def present(prices: Sequence[Price], today: date) -> list[Price]:
    """Return the prices of a product that are in force or to come; `prices` are oldest first."""
    in_force = {
        (price.role, price.price_group): price for price in prices if has_begun(price, today)
    }
    return [
        price
        for price in prices
        if not has_begun(price, today) or in_force[price.role, price.price_group] is price
    ]
