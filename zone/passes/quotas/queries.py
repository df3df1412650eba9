"""Quotas, their products, and whether a product is sold out."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from zone.passes.catalogue.models import Product
from zone.passes.quotas.models import Quota, QuotaProduct


@dataclass(frozen=True, slots=True)
class QuotaView:
    """A quota with the codes of its products; `taken` of its `places` are not free."""

    code: str
    name: str
    places: int
    taken: int
    hold_minutes: int
    products: list[str]
    version: int


def is_sold_out(session: Session, product_ids: Collection[int]) -> bool:
    """Return whether a quota of one of these products has no free place at the moment."""
    full = exists().where(
        QuotaProduct.product_id.in_(product_ids),
        Quota.id == QuotaProduct.quota_id,
        Quota.taken >= Quota.places,
    )
    return bool(session.scalar(select(full)))


def products_of(session: Session, quota_id: int) -> list[str]:
    """Return the codes of the products of a quota, in order."""
    codes = (
        select(Product.code)
        .join(QuotaProduct, QuotaProduct.product_id == Product.id)
        .where(QuotaProduct.quota_id == quota_id)
    )
    return list(session.scalars(codes.order_by(Product.code)))


def editable_values(session: Session, quota: Quota) -> dict[str, Any]:
    """Return what can be changed of a quota."""
    return {
        "name": quota.name,
        "places": quota.places,
        "hold_minutes": quota.hold_minutes,
        "products": products_of(session, quota.id),
    }


def quota_view(session: Session, quota: Quota) -> QuotaView:
    """Return a quota for staff."""
    return QuotaView(
        code=quota.code,
        taken=quota.taken,
        version=quota.version,
        **editable_values(session, quota),
    )


def quotas(session: Session) -> list[QuotaView]:
    """Return every quota, by code."""
    rows = session.scalars(select(Quota).order_by(Quota.code)).all()
    named: dict[int, list[str]] = {quota.id: [] for quota in rows}
    codes = select(QuotaProduct.quota_id, Product.code).join(
        Product, Product.id == QuotaProduct.product_id
    )
    for quota_id, code in session.execute(codes.order_by(Product.code)):
        named[quota_id].append(code)
    return [
        QuotaView(
            quota.code,
            quota.name,
            quota.places,
            quota.taken,
            quota.hold_minutes,
            named[quota.id],
            quota.version,
        )
        for quota in rows
    ]
