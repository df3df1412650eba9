"""The institutions that are sent invoices."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class Payer(Base):
    """An institution with what an invoice to it needs. An invoice copies it when it is issued.

    `einvoice_address` is an OVT identifier or an IBAN, `einvoice_operator` the code of who passes
    e-invoices on to it; both are empty where it takes none. `version` grows with every change.
    """

    __tablename__ = "payer"
    __table_args__ = (
        CheckConstraint("payment_days BETWEEN 0 AND 90", name="payment_days"),
        CheckConstraint("language IN ('fi', 'sv', 'en')", name="language"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    business_id: Mapped[str]
    vat_id: Mapped[str]
    street: Mapped[str]
    post_code: Mapped[str]
    town: Mapped[str]
    country: Mapped[str]
    einvoice_address: Mapped[str]
    einvoice_operator: Mapped[str]
    email: Mapped[str]
    language: Mapped[str]
    payment_days: Mapped[int]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


# An address that is changed by hand sends invoices to somebody else.
record_rows(Payer, "code", "name", "business_id", "einvoice_address", "einvoice_operator", "email")
