"""What is left to be credited of an invoice."""

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from zone.passes.invoice_credits.models import CreditedInvoiceLine
from zone.passes.invoices.models import Invoice, InvoiceLine


def left_to_credit(session: Session, invoice_id: int) -> list[int]:
    """Return how much of each line was not credited yet, in hundredths, in their order."""
    credited = func.coalesce(CreditedInvoiceLine.credited_quantity, 0)
    rows = session.execute(
        select(InvoiceLine.quantity, credited)
        .outerjoin(CreditedInvoiceLine, CreditedInvoiceLine.invoice_line_id == InvoiceLine.id)
        .where(InvoiceLine.invoice_id == invoice_id)
        .order_by(InvoiceLine.id)
    )
    return [quantity - int(taken) for quantity, taken in rows]


def has_something_left() -> ColumnElement[bool]:
    """Whether a part of an invoice of the outer statement was not credited yet."""
    credited = (
        select(CreditedInvoiceLine.credited_quantity)
        .where(CreditedInvoiceLine.invoice_line_id == InvoiceLine.id)
        .correlate(InvoiceLine)
        .scalar_subquery()
    )
    return (
        exists()
        .where(InvoiceLine.invoice_id == Invoice.id)
        .where(func.coalesce(credited, 0) < InvoiceLine.quantity)
        .correlate(Invoice)
    )
