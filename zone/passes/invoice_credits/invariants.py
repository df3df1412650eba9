"""What must hold of credited invoices, recounted by `zone doctor`."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Select, cast, func, select
from sqlalchemy.orm import Session, aliased

from zone.core.invariants import Invariant, count_rows
from zone.passes.invoice_credits.models import CreditedInvoiceLine
from zone.passes.invoices.models import Invoice, InvoiceLine


def count_wrong_credits(session: Session, _named_since: datetime) -> int:
    """Count the invoices of which more or less is counted as credited than their credit notes say,
    and the lines that are counted with another quantity.
    """
    other = (
        select(CreditedInvoiceLine.invoice_line_id)
        .join(InvoiceLine, InvoiceLine.id == CreditedInvoiceLine.invoice_line_id)
        .where(CreditedInvoiceLine.quantity != InvoiceLine.quantity)
    )
    return count_rows(session, _counted_wrongly()) + count_rows(session, other)


def _counted_wrongly() -> Select[Any]:
    note = aliased(Invoice)
    # By the whole invoice: a credit note has the lines of what it credits, but does not name them.
    noted = (
        select(func.coalesce(func.sum(InvoiceLine.quantity), 0))
        .join(note, note.id == InvoiceLine.invoice_id)
        .where(note.credits_id == Invoice.id)
        .correlate(Invoice)
        .scalar_subquery()
    )
    counted = (
        select(func.coalesce(func.sum(CreditedInvoiceLine.credited_quantity), 0))
        .join(InvoiceLine, InvoiceLine.id == CreditedInvoiceLine.invoice_line_id)
        .where(InvoiceLine.invoice_id == Invoice.id)
        .correlate(Invoice)
        .scalar_subquery()
    )
    return select(Invoice.id).where(cast(counted, BigInteger) != -cast(noted, BigInteger))


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "invoice_credits",
        "no more of an invoice is credited, or still to be credited, than it says",
        count_wrong_credits,
        "Somebody has written past the service. Compare with a restored backup (`zone drill`), and "
        "tell the accountant.",
    ),
)
