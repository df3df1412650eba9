"""Receipts with their lines, and how much of a line was credited."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.passes.numbering.rules import printed
from zone.passes.retention.rules import BY_ORDER, if_covered

_SALE: Final = text("kind = 'sale'")


class Receipt(Base):
    """The numbered document of a sale, of a credit, or of a payment that was given back.

    `cents` is negative for the last two. A `refund` is a credit note: it names the receipt of the
    sale in `credits_id`, and its lines say how much of each line it credits. A `credit` names the
    payment: money that came for an order and sold nothing, such as a second payment.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        # A number is given out once, whatever became of the lock on the year's row.
        UniqueConstraint("series", "year", "number"),
        # One sale for each order: a second grant fails here.
        Index(
            "uq_receipt_order_id_kind",
            "order_id",
            "kind",
            unique=True,
            sqlite_where=_SALE,
            postgresql_where=_SALE,
        ),
        # One credit for each payment. NULLs are distinct.
        Index("uq_receipt_payment_id", "payment_id", unique=True),
        CheckConstraint(
            # 0 is allowed on both sides: a free order has a receipt too.
            "(kind = 'sale' AND cents >= 0) OR (kind = 'refund' AND cents <= 0)"
            " OR (kind = 'credit' AND cents <= 0 AND payment_id IS NOT NULL)",
            name="kind",
        ),
        CheckConstraint("kind = 'refund' OR credits_id IS NULL", name="credits"),
        Index("ix_receipt_order_id", "order_id"),
        # The books are read day by day.
        Index("ix_receipt_issued_at", "issued_at"),
    )

    id: Mapped[Id]
    series: Mapped[str] = mapped_column(default="", server_default="")
    year: Mapped[int]
    number: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    credits_id: Mapped[int | None] = mapped_column(ForeignKey("receipt.id"), index=True)
    kind: Mapped[str]
    cents: Mapped[int]
    issued_at: Mapped[datetime]
    # Copies of the settings: a receipt reads the same whenever it is printed.
    seller_name: Mapped[str] = mapped_column(server_default="")
    seller_address: Mapped[str] = mapped_column(server_default="")
    seller_business_id: Mapped[str] = mapped_column(server_default="")
    seller_vat: Mapped[bool] = mapped_column(default=True, server_default=text("true"))

    @property
    def printed_number(self) -> str:
        """The number as it is printed, such as 2026-17 or C-2026-17."""
        return printed(self.series, self.year, self.number)


class ReceiptLine(Base):
    """A line of a sale or of a credit note, with the VAT as it was decided at the payment.

    The cents of a credit note are negative, and `credits_id` is the line of the sale. `vat_cents`
    are parts of the VAT of the rate, which is rounded once. `supplied_on` is the day whose rate it
    is: that of the supply, or of the payment if earlier. The names are copies.
    """

    __tablename__ = "receipt_line"
    __table_args__ = (
        UniqueConstraint("receipt_id", "order_line_id"),
        CheckConstraint("vat_bp BETWEEN 0 AND 10000", name="vat"),
        CheckConstraint("credits_id IS NULL OR cents <= 0", name="credits"),
    )

    id: Mapped[Id]
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    credits_id: Mapped[int | None] = mapped_column(ForeignKey("receipt_line.id"), index=True)
    cents: Mapped[int]
    vat_bp: Mapped[int]
    vat_cents: Mapped[int]
    supplied_on: Mapped[date]
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]


class CreditedLine(Base):
    """How much of a line of a sale was credited so far. Locked while a credit note is issued.

    The database refuses to credit more than was sold, whatever became of the locks.
    """

    __tablename__ = "credited_line"
    __table_args__ = (CheckConstraint("credited_cents BETWEEN 0 AND sold_cents", name="credited"),)

    receipt_line_id: Mapped[int] = mapped_column(ForeignKey("receipt_line.id"), primary_key=True)
    sold_cents: Mapped[int]
    credited_cents: Mapped[int]


append_only(Receipt, deletable_if=BY_ORDER)
append_only(
    ReceiptLine,
    deletable_if=if_covered("(SELECT order_id FROM receipt WHERE receipt.id = OLD.receipt_id)"),
)
