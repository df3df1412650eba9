"""When a product is sold."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class SaleWindow(Base):
    """A time in which a product is sold, from `opens_at` until before `closes_at`, if any.

    A product without windows is always sold, where it has a price.
    """

    __tablename__ = "sale_window"
    __table_args__ = (
        UniqueConstraint("product_id", "opens_at"),
        CheckConstraint("opens_at < closes_at", name="order"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime | None]


record_rows(SaleWindow, "product_id", "opens_at", "closes_at")
