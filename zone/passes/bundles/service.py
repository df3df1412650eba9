"""Set what a bundle is made of, as a manager. Never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.identity import Actor, Permission
from zone.passes.bundles.errors import NO_BUNDLE
from zone.passes.bundles.models import BundlePart
from zone.passes.bundles.queries import parts_of
from zone.passes.bundles.rules import NewPart, check_parts
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import product_by_code
from zone.passes.catalogue.rules import BUNDLE


def save_parts(
    session: Session,
    actor: Actor,
    code: str,
    parts: Sequence[NewPart],
    *,
    version: int | None,
    now: datetime,
) -> Product:
    """Set the parts of a bundle that was read as `version`, and audit it.

    Orders already placed keep what they have. The parts that are stored already are no change.

    Raises:
        DomainError: forbidden; not_found: no such product; no_bundle, part_is_no_pass,
            counts_twice, edited_meanwhile.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    # Nobody orders it meanwhile (`lock_product`): they buy the old parts, or the new ones.
    product = session.scalar(select(Product).where(Product.code == code).with_for_update())
    if product is None:
        raise DomainError(NOT_FOUND)
    before = parts_of(session, product.id)
    if before == list(parts):
        return product
    if version != product.version:
        raise edited_meanwhile(product.version, ["parts"])
    set_parts(session, product, parts)
    product.version += 1
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="product.parts",
        object_kind="product",
        object_id=code,
        before=_values(before),
        after=_values(parts),
        now=now,
    )
    return product


def set_parts(session: Session, product: Product, parts: Sequence[NewPart]) -> None:
    """Set the parts of a bundle, without an audit row.

    Raises:
        DomainError: not_found: no such product; no_bundle, part_is_no_pass, counts_twice.
    """
    if product.kind != BUNDLE:
        raise DomainError(NO_BUNDLE)
    sold = [product_by_code(session, part.product) for part in parts]
    check_parts([one.kind for one in sold], [part.counts for part in parts])
    if parts_of(session, product.id) == list(parts):
        return
    for stored in session.scalars(
        select(BundlePart).where(BundlePart.product_id == product.id)
    ).all():
        session.delete(stored)
    session.flush()
    session.add_all(
        BundlePart(
            product_id=product.id,
            part_product_id=one.id,
            position=position,
            share=part.share,
            counts=part.counts,
        )
        for position, (one, part) in enumerate(zip(sold, parts, strict=True), 1)
    )
    session.flush()


def _values(parts: Sequence[NewPart]) -> dict[str, Any]:
    return {
        "parts": [
            {"product": part.product, "share": part.share, "counts": part.counts} for part in parts
        ]
    }
