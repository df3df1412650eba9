"""Set up products, prices and VAT rates, and change them as a manager. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.passes.bundles.errors import BUNDLE_KIND
from zone.passes.bundles.queries import has_parts, is_in_a_bundle
from zone.passes.catalogue import queries, rules
from zone.passes.catalogue.errors import PRICE_IN_FORCE, START_TOO_SOON
from zone.passes.catalogue.models import Price, Product, VatRate
from zone.passes.catalogue.queries import editable_values, product_by_code
from zone.passes.customer_groups.errors import GROUP_ENDED
from zone.passes.customer_groups.queries import names_by_group, open_groups
from zone.places.campuses.queries import campus_by_code


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price for a role of a customer group ("": every institution) from a day on, VAT included.

    No `cents`: not sold from that day.
    """

    role: str
    group: str
    valid_from: date
    cents: int | None


def set_product(
    session: Session,
    *,
    code: str,
    kind: str,
    names: tuple[str, str, str],
    entitlements: Sequence[str],
    length_days: int | None,
    duration: str | None = None,
    activation_days: int | None = None,
    visits: int | None = None,
    campuses: Sequence[str] = (),
    vat_category: str = "exercise",
) -> Product:
    """Add a product, or update the one with that code, without an audit row.

    `names` are fi, sv, en. Without a `duration` it lasts `length_days`, or to the end of the term.
    No `visits`: as many as one likes. No `campuses`: every campus. Passes already sold keep their
    rights.
    """
    return _store_product(
        session,
        session.scalar(select(Product).where(Product.code == code)),
        code=code,
        kind=kind,
        names=names,
        entitlements=entitlements,
        duration=duration or rules.duration_of(length_days),
        length_days=length_days,
        activation_days=activation_days,
        visits=visits,
        campuses=campuses,
        vat_category=vat_category,
    )


def _store_product(
    session: Session,
    stored: Product | None,
    *,
    code: str,
    kind: str,
    names: tuple[str, str, str],
    entitlements: Sequence[str],
    duration: str,
    length_days: int | None,
    activation_days: int | None,
    visits: int | None,
    campuses: Sequence[str],
    vat_category: str = "exercise",
) -> Product:
    before = editable_values(stored) if stored else None
    product = stored or Product(code=code, version=1)
    product.kind = kind
    product.name_fi, product.name_sv, product.name_en = names
    product.entitlements = entitlements
    product.campuses = campuses
    product.duration = duration
    product.length_days = length_days
    product.activation_days = activation_days
    product.visits = visits
    product.vat_category = vat_category
    if before and editable_values(product) != before:
        product.version += 1
    session.add(product)
    session.flush()
    return product


def set_price(
    session: Session,
    product_code: str,
    *,
    role: str,
    cents: int | None,
    valid_from: date,
    group: str = "",
) -> None:
    """Set the price for a role from a day on, VAT included, without an audit row.

    No `cents`: not sold from that day. `group` "" is every institution. Another call for the same
    day replaces the price. Orders already placed keep theirs.

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
    """Set the VAT rate of a category from a day of supply on; order lines keep their rate."""
    key = {"category": category, "valid_from": valid_from}
    rate = session.scalar(select(VatRate).filter_by(**key)) or VatRate(**key)
    rate.rate_bp = rules.bp_of(percent)
    session.add(rate)
    session.flush()


def ensure_vat_rate(session: Session, category: str, *, percent: Decimal, valid_from: date) -> None:
    """Set the VAT rate of a category from a day on unless one begins then."""
    key = {"category": category, "valid_from": valid_from}
    if session.scalar(select(VatRate.id).filter_by(**key)) is None:
        set_vat_rate(session, category, percent=percent, valid_from=valid_from)


def save_product(
    session: Session,
    actor: Actor,
    code: str,
    *,
    name: dict[str, str],
    campuses: Sequence[str],
    version: int | None,
    now: datetime,
    **rest: Any,
) -> Product:
    """Add a product, or change the one that was read as `version`, and audit it.

    `rest` is that of `set_product`. The values that are stored already are no change.

    Raises:
        DomainError: forbidden; not_found: no such campus; edited_meanwhile: there is a product with
            that code in another version; bundle_kind: it is a part of a bundle, or has parts.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    for campus in campuses:
        campus_by_code(session, campus)
    # The lock: of two editors with one version, the second reads the first one's.
    stored = session.scalar(select(Product).where(Product.code == code).with_for_update())
    before = editable_values(stored) if stored else None
    if stored:
        _check_kind(session, stored, rest["kind"])
        # Sorted: another order is no change.
        opened = {"entitlements": sorted(rest["entitlements"], key=rules.ENTITLEMENTS.index)}
        values = {"name": name, **rest, "campuses": sorted(campuses), **opened}
        _check_version(stored, version, values)
    names = (name["fi"], name["sv"], name["en"])
    # What was read above, not what could be read now: another editor may have committed between,
    # and their product would be recorded as made by us.
    product = _store_product(session, stored, code=code, names=names, campuses=campuses, **rest)
    if editable_values(product) != before:
        record_action(
            session,
            actor_id=actor.id,
            action="product.change" if before else "product.create",
            object_kind="product",
            object_id=code,
            before=before,
            after=editable_values(product),
            now=now,
        )
    return product


def _check_kind(session: Session, stored: Product, kind: str) -> None:
    """Refuse a kind that would leave a bundle without a pass, or parts without a bundle."""
    no_part = kind not in rules.KINDS and is_in_a_bundle(session, stored.id)
    no_bundle = kind != rules.BUNDLE and has_parts(session, stored.id)
    if no_part or no_bundle:
        raise DomainError(BUNDLE_KIND)


def _check_version(stored: Product, version: int | None, values: dict[str, Any]) -> None:
    changed = [name for name, value in editable_values(stored).items() if values[name] != value]
    # Nothing to change is no conflict: it is the second tap on the button.
    if changed and version != stored.version:
        raise edited_meanwhile(stored.version, changed)


def lock_product(session: Session, code: str) -> Product:
    """Return a product whose prices stay as they are until the transaction ends.

    Raises:
        DomainError: not_found.
    """
    # KEY SHARE: buyers do not wait for each other, only for a manager who sets a price.
    query = select(Product).where(Product.code == code)
    # Read anew where it is known already: a manager may have changed it before the lock.
    locked = query.with_for_update(read=True, key_share=True)
    product = session.scalar(locked.execution_options(populate_existing=True))
    if product is None:
        raise DomainError(NOT_FOUND)
    return product


def plan_price(session: Session, actor: Actor, code: str, new: NewPrice, now: datetime) -> Product:
    """Set a price from today or a later day on, and audit it.

    A price that is to come may be set again, and one of today until somebody orders at it.

    Raises:
        DomainError: forbidden, not_found; start_too_soon: the day has passed; price_in_force:
            somebody has ordered at the price of today; customer_group_ended: by that day.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    today = helsinki_date(now)
    if new.valid_from < today:
        raise DomainError(START_TOO_SOON)
    # A price of a group that does not exist would be nobody's, and the old one would stay.
    if new.group and new.group not in open_groups(session, new.valid_from):
        raise DomainError(GROUP_ENDED if new.group in names_by_group(session) else NOT_FOUND)
    product = queries.product_by_code(session, code)
    # The lock makes the check below safe: of two that set the same day, the second finds the price,
    # and nobody orders meanwhile (`lock_product`).
    session.refresh(product, with_for_update=True)
    before = _price_from(session, product, new)
    # What was ordered at a price stays explained by it, so then a new one needs a later day.
    if before and queries.has_begun(before, today) and queries.is_ordered_at(session, before):
        raise DomainError(PRICE_IN_FORCE)
    old = None if before is None else {"cents": before.cents}
    set_price(
        session, code, role=new.role, cents=new.cents, valid_from=new.valid_from, group=new.group
    )
    key = {"role": new.role, "price_group": new.group, "valid_from": new.valid_from.isoformat()}
    record_action(
        session,
        actor_id=actor.id,
        action="product.price",
        object_kind="product",
        object_id=code,
        before=old and key | old,
        after=key | {"cents": new.cents},
        now=now,
    )
    return product


def _price_from(session: Session, product: Product, new: NewPrice) -> Price | None:
    return session.scalar(
        select(Price).filter_by(
            product_id=product.id, price_group=new.group, role=new.role, valid_from=new.valid_from
        )
    )
