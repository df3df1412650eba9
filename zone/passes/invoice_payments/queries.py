"""Money that came from the bank, with what it was matched to."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.passes.invoice_payments.models import InvoicePayment
from zone.passes.invoices.models import Invoice


@dataclass(frozen=True, slots=True)
class BankRowView:
    """A row of the bank; without an invoice its reference is unknown here."""

    reference: str
    cents: int
    paid_on: date
    invoice_id: uuid.UUID | None
    number: str
    payer: str


def bank_rows(session: Session, *, unknown: bool, most: int = 200) -> list[BankRowView]:
    """Return rows of the bank, the newest first: those of invoices, or those of none."""
    which = InvoicePayment.invoice_id.is_(None) if unknown else Invoice.id.is_not(None)
    rows = session.execute(
        select(InvoicePayment, Invoice)
        .outerjoin(Invoice, Invoice.id == InvoicePayment.invoice_id)
        .where(InvoicePayment.source == "bank", which)
        .order_by(InvoicePayment.id.desc())
        .limit(most)
    )
    return [_view(*found) for found in rows]


def _view(payment: InvoicePayment, invoice: Invoice | None) -> BankRowView:
    if invoice is None:
        return BankRowView(payment.reference, payment.cents, payment.paid_on, None, "", "")
    return BankRowView(
        payment.reference,
        payment.cents,
        payment.paid_on,
        invoice.public_id,
        invoice.printed_number,
        str(invoice.payer_details["name"]),
    )
