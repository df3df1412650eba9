"""Drafts of invoices, and invoices with their lines, which never change once they are issued."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, BigInt, Id, PublicId
from zone.core.row_records.models import record_rows
from zone.passes.catalogue.rules import VAT_CATEGORIES
from zone.passes.numbering.rules import printed

_INVOICE: Final = text("kind = 'invoice'")
_CATEGORIES: Final = ", ".join(f"'{name}'" for name in VAT_CATEGORIES)


class SellerAccount(Base):
    """Where invoices are to be paid, and the service's own details on them. The newest holds.

    Append-only: who changes the account that money goes to stays on record.
    """

    __tablename__ = "seller_account"

    id: Mapped[Id]
    iban: Mapped[str]
    bic: Mapped[str]
    vat_id: Mapped[str]
    street: Mapped[str]
    post_code: Mapped[str]
    town: Mapped[str]
    country: Mapped[str]
    einvoice_address: Mapped[str]
    einvoice_operator: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class InvoiceDraft(Base):
    """An invoice that is being prepared. It is deleted when the invoice is issued."""

    __tablename__ = "invoice_draft"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"))
    buyer_reference: Mapped[str]
    created_at: Mapped[datetime]


class InvoiceDraftLine(Base):
    """A line of a draft: `quantity` in hundredths, `unit_cents` without VAT."""

    __tablename__ = "invoice_draft_line"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 1000000", name="quantity"),
        CheckConstraint("unit_cents BETWEEN 0 AND 10000000", name="unit_cents"),
        CheckConstraint(f"vat_category IN ({_CATEGORIES})", name="vat_category"),
    )

    id: Mapped[Id]
    draft_id: Mapped[int] = mapped_column(ForeignKey("invoice_draft.id"), index=True)
    text: Mapped[str]
    quantity: Mapped[int]
    unit_cents: Mapped[int]
    vat_category: Mapped[str]
    supplied_on: Mapped[date]


class Invoice(Base):
    """An issued invoice, or the credit note of one; sums in cents, negative on a credit note.

    The details of payer and seller are copies: an invoice reads the same whenever it is printed.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        # A number is given out once, whatever became of the lock on the year's row.
        UniqueConstraint("series", "year", "number"),
        # A payment names one invoice.
        Index(
            "uq_invoice_reference",
            "reference",
            unique=True,
            sqlite_where=_INVOICE,
            postgresql_where=_INVOICE,
        ),
        CheckConstraint(
            "(kind = 'invoice' AND credits_id IS NULL AND cents > 0)"
            " OR (kind = 'credit' AND credits_id IS NOT NULL AND cents < 0)",
            name="kind",
        ),
        CheckConstraint("net_cents + tax_cents = cents", name="sum"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    series: Mapped[str]
    year: Mapped[int]
    number: Mapped[int]
    kind: Mapped[str]
    credits_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    payer_details: Mapped[dict[str, Any]]
    seller_details: Mapped[dict[str, Any]]
    buyer_reference: Mapped[str]
    reference: Mapped[str]
    issued_at: Mapped[datetime]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    net_cents: Mapped[int] = mapped_column(BigInt)
    tax_cents: Mapped[int] = mapped_column(BigInt)
    cents: Mapped[int] = mapped_column(BigInt)

    @property
    def printed_number(self) -> str:
        """The number as it is printed, such as L-2026-17."""
        return printed(self.series, self.year, self.number)


class InvoiceLine(Base):
    """A line of an invoice: hundredths of a unit at a price without VAT, with the rate's VAT."""

    __tablename__ = "invoice_line"
    __table_args__ = (CheckConstraint("vat_bp BETWEEN 0 AND 10000", name="vat"),)

    id: Mapped[Id]
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    text: Mapped[str]
    quantity: Mapped[int]
    unit_cents: Mapped[int]
    vat_bp: Mapped[int]
    supplied_on: Mapped[date]
    net_cents: Mapped[int] = mapped_column(BigInt)
    tax_cents: Mapped[int] = mapped_column(BigInt)


class InvoiceMail(Base):
    """That an invoice was mailed to its payer: once."""

    __tablename__ = "invoice_mail"
    __table_args__ = (UniqueConstraint("invoice_id"),)

    id: Mapped[Id]
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    recipient: Mapped[str]
    recorded_at: Mapped[datetime]


for _model in (SellerAccount, Invoice, InvoiceLine, InvoiceMail):
    append_only(_model)
# A row that was added by hand has the invoices paid to another account.
record_rows(SellerAccount, "iban", "bic", "vat_id", "einvoice_address", "einvoice_operator")
