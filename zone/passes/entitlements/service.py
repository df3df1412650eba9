"""Set what a product lets its holder do, as a manager. Never commits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.identity import Actor, Permission
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import KINDS
from zone.passes.entitlements.errors import NO_PASS_TO_ENTITLE
from zone.passes.entitlements.rules import Conditions, SingleActivity, as_stored


def save_entitlements(
    session: Session,
    actor: Actor,
    code: str,
    conditions: Conditions,
    *,
    version: int | None,
    now: datetime,
) -> Product:
    """Set the entitlements of a product that was read as `version`, and audit it; its single
    activities stay.

    They hold for passes that are ordered from then on. Those that are stored already are no change.

    Raises:
        DomainError: forbidden; not_found: no such product; no_pass_to_entitle, edited_meanwhile.
    """

    def change(before: Conditions) -> Conditions:
        return replace(conditions, single_activities=before.single_activities)

    return _save(session, actor, code, change, ["entitlements"], version=version, now=now)


def save_single_activities(
    session: Session,
    actor: Actor,
    code: str,
    activities: tuple[SingleActivity, ...],
    *,
    version: int | None,
    now: datetime,
) -> Product:
    """Set the activities that a product is limited to, besides kinds of sessions; all else as
    `save_entitlements`.
    """

    def change(before: Conditions) -> Conditions:
        return replace(before, single_activities=activities)

    return _save(session, actor, code, change, ["activities"], version=version, now=now)


def _save(
    session: Session,
    actor: Actor,
    code: str,
    change: Callable[[Conditions], Conditions],
    changed: list[str],
    *,
    version: int | None,
    now: datetime,
) -> Product:
    actor.require(Permission.CATALOGUE_WRITE)
    # Nobody orders it meanwhile (`lock_product`): they buy the old terms, or the new ones.
    product = session.scalar(select(Product).where(Product.code == code).with_for_update())
    if product is None:
        raise DomainError(NOT_FOUND)
    before = product.conditions
    conditions = change(before)
    if before == conditions:
        return product
    if version != product.version:
        raise edited_meanwhile(product.version, changed)
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
    product.conditions = conditions
    session.flush()
