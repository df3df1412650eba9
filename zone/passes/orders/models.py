"""Orders and their lines."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id, PublicId
from zone.passes.retention.rules import BY_ORDER, if_covered


class Order(Base):
    """An order; payments, receipts and refunds record what became of it. Append-only.

    It is paid by `pay_until`, or expires; one of an older version does not. `terms_version` are the
    terms of sale that were agreed to.
    """

    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("total_cents >= 0", name="total"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    total_cents: Mapped[int]
    currency: Mapped[str]
    placed_at: Mapped[datetime]
    pay_until: Mapped[datetime | None] = mapped_column(index=True)
    terms_version: Mapped[int | None]


class OrderLine(Base):
    """An ordered product at the price of the day, and the role that it was sold to.

    `vat_bp` is the rate that the buyer was shown; that of the receipt is decided at the payment.

    `cents` are what is paid: a discount of `discount_cents` is taken off already.

    Days, kind and rights are those of the pass that the buyer was shown, both days included; a fee
    has no days. With `length_days` it lasts so long from its activation, at the latest on
    `ends_on`. What else is empty, in an order of an older version, is decided by the payment.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("cents >= 0", name="cents"),
        CheckConstraint("discount_cents >= 0", name="discount"),
        CheckConstraint("vat_bp BETWEEN 0 AND 10000", name="vat"),
        CheckConstraint("length_days > 0", name="length"),
        CheckConstraint("visits > 0", name="visits"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    institution_code: Mapped[str]
    role: Mapped[str]
    cents: Mapped[int]
    discount_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    currency: Mapped[str]
    vat_bp: Mapped[int]
    supplied_on: Mapped[date]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    length_days: Mapped[int | None]
    visits: Mapped[int | None]
    kind: Mapped[str | None]
    entitlements: Mapped[list[Any] | None]
    campuses: Mapped[list[Any] | None]
    conditions: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")


# No state column either: an order is paid when it has a receipt of its sale.
append_only(Order, deletable_if=if_covered("OLD.id"))
append_only(OrderLine, deletable_if=BY_ORDER)
