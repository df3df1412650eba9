"""The times in which products are sold."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.passes.sale_windows.models import SaleWindow
from zone.passes.sale_windows.rules import OpenWindow


def windows_of(session: Session, product_id: int) -> list[OpenWindow]:
    """Return when a product is sold, the earliest first."""
    rows = select(SaleWindow.opens_at, SaleWindow.closes_at).where(
        SaleWindow.product_id == product_id
    )
    found = session.execute(rows.order_by(SaleWindow.opens_at))
    return [(opens_at, closes_at) for opens_at, closes_at in found]


def window_rows(session: Session, product_id: int) -> list[SaleWindow]:
    """Return the windows of a product with their ids, the earliest first."""
    rows = select(SaleWindow).where(SaleWindow.product_id == product_id)
    return list(session.scalars(rows.order_by(SaleWindow.opens_at)))
