"""What bundles are made of, and the bundles in orders."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows
from zone.passes.retention.rules import BY_ORDER, if_covered


class BundlePart(Base):
    """A product that a bundle sells along with others, in the order of `position`.

    The bundle's price is divided by `share`. `counts`: its pass counts in target A.
    """

    __tablename__ = "bundle_part"
    __table_args__ = (
        UniqueConstraint("product_id", "position"),
        CheckConstraint("share BETWEEN 1 AND 1000000", name="share"),
        CheckConstraint("product_id <> part_product_id", name="other"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    part_product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    position: Mapped[int]
    share: Mapped[int]
    counts: Mapped[bool]


class OrderBundle(Base):
    """A bundle in an order, at its price before any discount. Append-only."""

    __tablename__ = "order_bundle"
    __table_args__ = (CheckConstraint("cents >= 0", name="cents"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    cents: Mapped[int]


class OrderBundleLine(Base):
    """A line of an order that is a part of a bundle. Append-only.

    `counts`: whether its pass counts in target A, as the bundle said when it was ordered.
    """

    __tablename__ = "order_bundle_line"

    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), primary_key=True)
    order_bundle_id: Mapped[int] = mapped_column(ForeignKey("order_bundle.id"), index=True)
    counts: Mapped[bool]


append_only(OrderBundle, deletable_if=BY_ORDER)
append_only(
    OrderBundleLine,
    deletable_if=if_covered(
        "(SELECT order_id FROM order_line WHERE order_line.id = OLD.order_line_id)"
    ),
)
# A share that is changed by hand moves money to another VAT rate; what counts moves target A.
record_rows(BundlePart, "product_id", "part_product_id", "position", "share", "counts")
