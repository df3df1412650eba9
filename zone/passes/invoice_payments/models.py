"""Money that has come for invoices."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, BigInt, Id, PublicId


class InvoicePayment(Base):
    """A sum that has come, from a row of the bank or entered by hand. Append-only.

    Without an invoice where nobody was sent its reference. `bank_key` tells a row of the bank from
    all others, so that a file may be uploaded again. A sum that goes back, or corrects what was
    entered by hand, is negative.
    """

    __tablename__ = "invoice_payment"
    __table_args__ = (
        UniqueConstraint("bank_key"),
        CheckConstraint("cents <> 0", name="cents"),
        CheckConstraint(
            "(source = 'bank' AND bank_key IS NOT NULL)"
            " OR (source = 'hand' AND bank_key IS NULL AND invoice_id IS NOT NULL)",
            name="source",
        ),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    reference: Mapped[str]
    cents: Mapped[int] = mapped_column(BigInt)
    paid_on: Mapped[date]
    source: Mapped[str]
    bank_key: Mapped[str | None]
    note: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))


append_only(InvoicePayment)
