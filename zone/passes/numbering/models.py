"""The series in which receipts are numbered, and the last number of each series and year."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id


class ReceiptSeries(Base):
    """A series of receipt numbers. The newest of a purpose is the one in use. Append-only.

    `purpose` is web, desk, credit, or `till:` and the code of a till. `code` stands before the
    number; the first series of the web has none. `reason`: first, or restore, since when numbers of
    the series before it may have been given out and lost.
    """

    __tablename__ = "receipt_series"
    __table_args__ = (
        # No number has two meanings: another series has another code.
        Index("uq_receipt_series_code", "code", unique=True),
        CheckConstraint("reason IN ('first', 'restore')", name="reason"),
    )

    id: Mapped[Id]
    purpose: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]
    begun_at: Mapped[datetime]


append_only(ReceiptSeries)


class ReceiptSequence(Base):
    """The last receipt number of a series in a year. Taken in the receipt's transaction, so none is
    missing.
    """

    __tablename__ = "receipt_sequence"

    series: Mapped[str] = mapped_column(primary_key=True, default="", server_default="")
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
