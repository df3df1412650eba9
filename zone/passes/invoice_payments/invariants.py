"""What must hold of payments of invoices, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from zone.core.invariants import Invariant, count_rows
from zone.passes.invoice_payments.models import InvoicePayment
from zone.passes.invoices.models import Invoice


def count_misplaced_payments(session: Session, _named_since: datetime) -> int:
    """Count the payments that are not those of the invoice with their reference."""
    named, referred = aliased(Invoice), aliased(Invoice)
    misplaced = (
        select(InvoicePayment.id)
        .outerjoin(named, named.id == InvoicePayment.invoice_id)
        .outerjoin(
            referred,
            (referred.reference == InvoicePayment.reference) & (referred.kind == "invoice"),
        )
        .where(
            or_(
                named.reference != InvoicePayment.reference,
                InvoicePayment.invoice_id.is_(None) & referred.id.is_not(None),
            )
        )
    )
    return count_rows(session, misplaced)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "invoice_payments",
        "every payment of an invoice is that of its reference",
        count_misplaced_payments,
        "Compare with the bank, and correct the sums on the page of the invoice.",
    ),
)
