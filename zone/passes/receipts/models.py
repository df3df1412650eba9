"""Receipts and their yearly numbering."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id


class ReceiptSequence(Base):
    """The last receipt number of a year. Taken in the receipt's transaction, so none is missing."""

    __tablename__ = "receipt_sequence"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Receipt(Base):
    """The numbered document of a sale or of its refund; `cents` is negative for a refund.

    The seller is stored with it: a receipt is the same whenever it is printed.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("year", "number"),
        Index("uq_receipt_order_id_kind", "order_id", "kind", unique=True),
        CheckConstraint(
            "(kind = 'sale' AND cents >= 0) OR (kind = 'refund' AND cents <= 0)", name="kind"
        ),
    )

    id: Mapped[Id]
    year: Mapped[int]
    number: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str]
    cents: Mapped[int]
    issued_at: Mapped[datetime]
    seller_name: Mapped[str] = mapped_column(server_default="")
    seller_address: Mapped[str] = mapped_column(server_default="")
    seller_business_id: Mapped[str] = mapped_column(server_default="")


append_only(Receipt)
