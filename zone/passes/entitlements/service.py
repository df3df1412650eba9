"""Set what a product lets its holder do, as a manager. Never commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.identity import Actor, Permission
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import KINDS
from zone.passes.entitlements.errors import NO_PASS_TO_ENTITLE
from zone.passes.entitlements.models import Entitlement
from zone.passes.entitlements.queries import conditions_of
from zone.passes.entitlements.rules import COMPANIONS, EARLIER, HOURS, Conditions, as_stored


def save_entitlements(
    session: Session,
    actor: Actor,
    code: str,
    conditions: Conditions,
    *,
    version: int | None,
    now: datetime,
) -> Product:
    """Set the entitlements of a product that was read as `version`, and audit it.

    They hold for passes that are ordered from then on. Those that are stored already are no change.

    Raises:
        DomainError: forbidden; not_found: no such product; no_pass_to_entitle, edited_meanwhile.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    # Nobody orders it meanwhile (`lock_product`): they buy the old terms, or the new ones.
    product = session.scalar(select(Product).where(Product.code == code).with_for_update())
    if product is None:
        raise DomainError(NOT_FOUND)
    before = conditions_of(session, product.id)
    if before == conditions:
        return product
    if version != product.version:
        raise edited_meanwhile(product.version, ["entitlements"])
    set_entitlements(session, product, conditions)
    product.version += 1
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="product.entitlements",
        object_kind="product",
        object_id=code,
        before={"entitlements": as_stored(before)},
        after={"entitlements": as_stored(conditions)},
        now=now,
    )
    return product


def set_entitlements(session: Session, product: Product, conditions: Conditions) -> None:
    """Set the entitlements of a product, without an audit row.

    Raises:
        DomainError: no_pass_to_entitle.
    """
    if product.kind not in KINDS:
        raise DomainError(NO_PASS_TO_ENTITLE)
    if conditions_of(session, product.id) == conditions:
        return
    stored = select(Entitlement).where(Entitlement.product_id == product.id)
    for row in session.scalars(stored).all():
        session.delete(row)
    session.flush()
    session.add_all(_rows(product.id, conditions))
    session.flush()


def _rows(product_id: int, conditions: Conditions) -> list[Entitlement]:
    rows = [
        Entitlement(
            product_id=product_id,
            kind=HOURS,
            weekdays=sum(1 << (day - 1) for day in hours.weekdays),
            first_minute=hours.first,
            until_minute=hours.until,
        )
        for hours in conditions.hours
    ]
    numbers = {EARLIER: conditions.days_earlier or None, COMPANIONS: conditions.companions}
    rows += [
        Entitlement(product_id=product_id, kind=kind, number=number)
        for kind, number in numbers.items()
        if number is not None
    ]
    return rows
