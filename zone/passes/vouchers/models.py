"""Discount codes, the products that they are for, and the ledger of their uses."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class Voucher(Base):
    """A discount code: a part of the price or a sum, in a time, so many times.

    What it takes off never changes; staff can only end it. `uses` counts the uses that are not
    freed. `digest` is that of the code without case, blanks and hyphens.
    """

    __tablename__ = "voucher"
    __table_args__ = (
        # The last guard: `service.take_use` counts in one statement with its own condition.
        CheckConstraint("uses BETWEEN 0 AND most_uses", name="uses"),
        CheckConstraint("most_uses BETWEEN 1 AND 1000000", name="most"),
        CheckConstraint("(percent_bp IS NULL) <> (cents IS NULL)", name="value"),
        CheckConstraint("percent_bp BETWEEN 1 AND 10000 AND cents > 0", name="amount"),
        CheckConstraint("valid_from <= valid_until", name="days"),
    )

    id: Mapped[Id]
    code: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    name: Mapped[str]
    percent_bp: Mapped[int | None]
    cents: Mapped[int | None]
    most_uses: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0, server_default="0")
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class VoucherProduct(Base):
    """A product that a discount code is for. A code without any is for all."""

    __tablename__ = "voucher_product"

    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True, index=True)


class VoucherUse(Base):
    """The use of a discount code by an order; with `freed_at` somebody else may have it."""

    __tablename__ = "voucher_use"

    id: Mapped[Id]
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id"), index=True)
    # Unique: an order has one code, and one use of it.
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    taken_at: Mapped[datetime]
    freed_at: Mapped[datetime | None]


# A code that is raised by hand gives away more than somebody has decided.
record_rows(
    Voucher, "digest", "percent_bp", "cents", "most_uses", "valid_from", "valid_until", "ended_at"
)
# Without its products a code is for all.
record_rows(VoucherProduct, "voucher_id", "product_id")
