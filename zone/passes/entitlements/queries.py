"""The conditions of products, from their entitlements."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.passes.entitlements.models import Entitlement
from zone.passes.entitlements.rules import (
    COMPANIONS,
    EARLIER,
    EVERY_DAY,
    HOURS,
    NONE,
    Conditions,
    UseHours,
)


def conditions_of(session: Session, product_id: int) -> Conditions:
    """Return the conditions of the passes that a product gives."""
    return conditions_by_product(session, [product_id]).get(product_id, NONE)


def conditions_by_product(
    session: Session, product_ids: Collection[int] | None = None
) -> dict[int, Conditions]:
    """Return the conditions of products that have any; None: of all."""
    query = select(Entitlement).order_by(Entitlement.product_id, Entitlement.id)
    if product_ids is not None:
        query = query.where(Entitlement.product_id.in_(product_ids))
    rows: dict[int, list[Entitlement]] = defaultdict(list)
    for row in session.scalars(query):
        rows[row.product_id].append(row)
    return {product_id: _conditions(of_product) for product_id, of_product in rows.items()}


def _conditions(rows: Collection[Entitlement]) -> Conditions:
    numbers = {row.kind: row.number for row in rows if row.kind != HOURS}
    return Conditions(
        tuple(_hours(row) for row in rows if row.kind == HOURS),
        numbers.get(EARLIER) or 0,
        numbers.get(COMPANIONS),
    )


def _hours(row: Entitlement) -> UseHours:
    bits = row.weekdays or 0
    weekdays = tuple(day for day in EVERY_DAY if bits >> (day - 1) & 1)
    return UseHours(weekdays, row.first_minute or 0, row.until_minute or 0)
