"""How much of each line of an invoice was credited."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base


class CreditedInvoiceLine(Base):
    """How much of a line was credited so far, in hundredths. Locked while a credit note is written.

    The database refuses to credit more than was invoiced, whatever became of the locks.
    """

    __tablename__ = "credited_invoice_line"
    __table_args__ = (CheckConstraint("credited_quantity BETWEEN 0 AND quantity", name="credited"),)

    invoice_line_id: Mapped[int] = mapped_column(ForeignKey("invoice_line.id"), primary_key=True)
    quantity: Mapped[int]
    credited_quantity: Mapped[int]
