"""Receipts and their yearly numbering."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id

_ONE_OF_EACH = text("kind <> 'credit'")


class ReceiptSequence(Base):
    """The last receipt number of a year. Taken in the receipt's transaction, so none is missing."""

    __tablename__ = "receipt_sequence"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Receipt(Base):
    """The numbered document of a sale, of its refund, or of a payment that was given back.

    `cents` is negative for the last two. A `credit` names the payment: money that came for an order
    and sold nothing, such as a second payment.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        # A number is given out once, whatever became of the lock on the year's row.
        UniqueConstraint("year", "number"),
        # One sale and one refund for each order: a second grant fails here.
        Index(
            "uq_receipt_order_id_kind",
            "order_id",
            "kind",
            unique=True,
            sqlite_where=_ONE_OF_EACH,
            postgresql_where=_ONE_OF_EACH,
        ),
        # One credit for each payment. NULLs are distinct.
        Index("uq_receipt_payment_id", "payment_id", unique=True),
        CheckConstraint(
            # 0 is allowed on both sides: a free order has a receipt too.
            "(kind = 'sale' AND cents >= 0) OR (kind = 'refund' AND cents <= 0)"
            " OR (kind = 'credit' AND cents <= 0 AND payment_id IS NOT NULL)",
            name="kind",
        ),
    )

    id: Mapped[Id]
    year: Mapped[int]
    number: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    kind: Mapped[str]
    cents: Mapped[int]
    issued_at: Mapped[datetime]
    # Copies of the settings: a receipt reads the same whenever it is printed.
    seller_name: Mapped[str] = mapped_column(server_default="")
    seller_address: Mapped[str] = mapped_column(server_default="")
    seller_business_id: Mapped[str] = mapped_column(server_default="")


append_only(Receipt)
