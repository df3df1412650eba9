"""What is sold, to whom, at what price and VAT: setting it up, and asking it. Never commits."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.members.models import Institution
from zone.passes import rules
from zone.passes.models import Price, PriceGroup, Product, VatRate


def set_product(
    session: Session,
    *,
    code: str,
    kind: str,
    names: tuple[str, str, str],
    entitlements: Sequence[str],
    length_days: int | None,
    campuses: Sequence[str] = (),
    vat_category: str = "exercise",
) -> Product:
    """Add a product, or bring the one with that code up to date; passes already sold keep their rights.

    `names` are fi, sv, en. No `length_days`: it lasts to the end of the season. No `campuses`: it opens every campus.
    """
    product = session.scalar(select(Product).where(Product.code == code)) or Product(code=code)
    product.kind = kind
    product.name_fi, product.name_sv, product.name_en = names
    product.entitlements = list(entitlements)
    product.campuses = list(campuses)
    product.length_days = length_days
    product.vat_category = vat_category
    session.add(product)
    session.flush()
    return product


def set_price_group(session: Session, institution_code: str, group: str) -> None:
    """Put an institution into a price group.

    Raises:
        DomainError: not_found.
    """
    institution_id = session.scalar(select(Institution.id).where(Institution.code == institution_code))
    if institution_id is None:
        raise DomainError(NOT_FOUND)
    session.merge(PriceGroup(institution_id=institution_id, code=group))
    session.flush()


def set_price(
    session: Session, product_code: str, *, role: str, cents: int | None, valid_from: date, group: str = ""
) -> None:
    """What a role pays from a day on, VAT included; None: not sold from that day. Setting a day again corrects it.

    `group` "" is every institution. Orders already placed keep their price.

    Raises:
        DomainError: not_found.
    """
    key = {
        "product_id": product_by_code(session, product_code).id,
        "price_group": group,
        "role": role,
        "valid_from": valid_from,
    }
    price = session.scalar(select(Price).filter_by(**key)) or Price(**key)
    price.cents = cents
    session.add(price)
    session.flush()


def set_vat_rate(session: Session, category: str, *, percent: Decimal, valid_from: date) -> None:
    """The VAT rate of a category for what is supplied from a day on. Lines already sold keep theirs."""
    key = {"category": category, "valid_from": valid_from}
    rate = session.scalar(select(VatRate).filter_by(**key)) or VatRate(**key)
    rate.rate_bp = rules.bp_of(percent)
    session.add(rate)
    session.flush()


def vat_bp_on(session: Session, category: str, day: date, *, seller_vat: bool) -> int:
    """The VAT rate of a category on a day of supply, in hundredths of a percent; see `rules.vat_bp`."""
    rows = session.execute(select(VatRate.valid_from, VatRate.rate_bp).where(VatRate.category == category))
    return rules.vat_bp([rules.DatedRate(*row) for row in rows], day, seller_vat=seller_vat)


def product_by_code(session: Session, code: str) -> Product:
    """The product with that code.

    Raises:
        DomainError: not_found.
    """
    product = session.scalar(select(Product).where(Product.code == code))
    if product is None:
        raise DomainError(NOT_FOUND)
    return product


def price_on(session: Session, product_id: int, institution_code: str, role: str, day: date) -> int | None:
    """What a role of an institution pays for a product on a day, in cents; None: it is not sold to them."""
    group = session.scalar(
        select(PriceGroup.code)
        .join(Institution, Institution.id == PriceGroup.institution_id)
        .where(Institution.code == institution_code)
    )
    prices = session.scalars(select(Price).where(Price.product_id == product_id, Price.role == role)).all()
    for level in (group, ""):
        price = rules.in_force((row for row in prices if row.price_group == level), day)
        if price is not None:
            return price.cents
    return None
