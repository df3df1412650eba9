"""How many of some products are sold, and the orders that have taken a place of that number."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows

_HELD = text("freed_at IS NULL AND held_until IS NOT NULL")


class Quota(Base):
    """How many orders of its products are taken. `taken` counts the places that are not free.

    An order that is not paid holds its place for `hold_minutes`. `version` grows with every change
    by staff.
    """

    __tablename__ = "quota"
    __table_args__ = (
        # The last guard: `service.take_places` counts in one statement with its own condition.
        CheckConstraint("taken BETWEEN 0 AND places", name="taken"),
        CheckConstraint("places BETWEEN 0 AND 1000000", name="places"),
        CheckConstraint("hold_minutes BETWEEN 1 AND 10080", name="hold"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    places: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    hold_minutes: Mapped[int]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class QuotaProduct(Base):
    """A product whose orders take a place of a quota. One product may need places of several."""

    __tablename__ = "quota_product"

    quota_id: Mapped[int] = mapped_column(ForeignKey("quota.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True, index=True)


class QuotaPlace(Base):
    """The place that a line of an order has taken.

    `held_until` is empty once the order is granted; with `freed_at` the place is free again.
    """

    __tablename__ = "quota_place"
    __table_args__ = (
        UniqueConstraint("order_line_id", "quota_id"),
        Index("ix_quota_place_held", "held_until", sqlite_where=_HELD, postgresql_where=_HELD),
    )

    id: Mapped[Id]
    quota_id: Mapped[int] = mapped_column(ForeignKey("quota.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    taken_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    freed_at: Mapped[datetime | None]


# A number that is raised by hand sells more than there is.
record_rows(Quota, "code", "places", "hold_minutes")
# Orders of a product that is left out take no place.
record_rows(QuotaProduct, "quota_id", "product_id")
