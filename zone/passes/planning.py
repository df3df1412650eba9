"""Products and prices as managers change them: from today on, on record. Never commits.

`catalogue` sets what it is told; here stands what a manager may tell it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError, edited_meanwhile
from zone.core.time import helsinki_date
from zone.core.versions import version_of
from zone.members.service import audit
from zone.passes import catalogue
from zone.passes.errors import PRICE_IN_FORCE, START_TOO_SOON
from zone.passes.models import Price, PriceGroup, Product
from zone.passes.queries import names_of
from zone.places.queries import campus_by_code


@dataclass(frozen=True, slots=True)
class NewPrice:
    """What a role of a price group ("": everybody) pays from a day on, VAT included; no cents: it is not sold."""

    role: str
    group: str
    valid_from: date
    cents: int | None


def facts(product: Product) -> dict[str, Any]:
    """What can be changed of a product."""
    return {
        "name": names_of(product),
        "kind": product.kind,
        "entitlements": product.entitlements,
        "campuses": product.campuses,
        "length_days": product.length_days,
        "vat_category": product.vat_category,
    }


def products(session: Session) -> list[tuple[Product, list[Price]]]:
    """Every product by code, sold now or not, with all its prices: by role and group, the oldest first."""
    prices: dict[int, list[Price]] = {}
    for price in session.scalars(select(Price).order_by(Price.role, Price.price_group, Price.valid_from)):
        prices.setdefault(price.product_id, []).append(price)
    return [(one, prices.get(one.id, [])) for one in session.scalars(select(Product).order_by(Product.code))]


def prices_of(session: Session, product: Product) -> list[Price]:
    """All the prices of a product, by role and group, the oldest first."""
    of_it = select(Price).where(Price.product_id == product.id)
    return list(session.scalars(of_it.order_by(Price.role, Price.price_group, Price.valid_from)))


def groups(session: Session) -> list[str]:
    """The price groups that institutions are in."""
    return list(session.scalars(select(PriceGroup.code).distinct().order_by(PriceGroup.code)))


def keep_product(
    session: Session,
    code: str,
    *,
    name: dict[str, str],
    campuses: Sequence[str],
    version: str | None,
    actor_id: int,
    now: datetime,
    **what: Any,
) -> Product:
    """Add a product, or change the one that was read as `version`; `what` is the rest of `catalogue.set_product`.

    Passes already sold keep their rights. Nothing to change is no edit, so a repeated call goes well.

    Raises:
        DomainError: not_found: no such campus; edited_meanwhile: there is one with that code, in another version.
    """
    for campus in campuses:
        campus_by_code(session, campus)
    found = session.scalar(select(Product).where(Product.code == code).with_for_update())
    before = facts(found) if found else None
    if before:
        _check_version(before, version, {"name": name, "campuses": sorted(campuses), **what})
    names = (name["fi"], name["sv"], name["en"])
    product = catalogue.set_product(session, code=code, names=names, campuses=sorted(campuses), **what)
    if facts(product) != before:
        audit(
            session, actor_id=actor_id, action="product.change" if before else "product.create",
            object_kind="product", object_id=code, before=before, after=facts(product), now=now,
        )  # fmt: skip
    return product


def _check_version(stored: dict[str, Any], version: str | None, wanted: dict[str, Any]) -> None:
    changed = [name for name, value in stored.items() if wanted[name] != value]
    if changed and version != version_of(stored):
        raise edited_meanwhile(version_of(stored), changed)


def plan_price(session: Session, code: str, new: NewPrice, *, actor_id: int, now: datetime) -> Product:
    """Let a price hold from a day on. One that is still to come is corrected; one in force is never changed.

    Raises:
        DomainError: not_found; start_too_soon: the day has passed; price_in_force: today's price is set already.
    """
    today = helsinki_date(now)
    if new.valid_from < today:
        raise DomainError(START_TOO_SOON)
    product = catalogue.product_by_code(session, code)
    session.refresh(product, with_for_update=True)  # two who set the same day at once come one after the other
    before = _price_from(session, product, new)
    if before and in_force(before, today):
        raise DomainError(PRICE_IN_FORCE)
    old = None if before is None else {"cents": before.cents}
    catalogue.set_price(
        session, code, role=new.role, cents=new.cents, valid_from=new.valid_from, group=new.group
    )  # fmt: skip
    what = {"role": new.role, "price_group": new.group, "valid_from": new.valid_from.isoformat()}
    audit(
        session, actor_id=actor_id, action="product.price", object_kind="product", object_id=code,
        before=old and what | old, after=what | {"cents": new.cents}, now=now,
    )  # fmt: skip
    return product


def in_force(price: Price, today: date) -> bool:
    """Whether somebody may have bought at this price."""
    return price.valid_from <= today


def present(prices: Sequence[Price], today: date) -> list[Price]:
    """Of the prices of a product, oldest first, those in force and those to come: what has ended is left out."""
    held = {(one.role, one.price_group): one for one in prices if in_force(one, today)}
    return [one for one in prices if not in_force(one, today) or held[one.role, one.price_group] is one]


def _price_from(session: Session, product: Product, new: NewPrice) -> Price | None:
    return session.scalar(
        select(Price).filter_by(product_id=product.id, price_group=new.group, role=new.role, valid_from=new.valid_from)
    )
