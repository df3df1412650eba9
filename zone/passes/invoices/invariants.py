"""What must hold of invoices, recounted by `zone doctor`."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Select, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.invoices.models import Invoice, InvoiceLine
from zone.passes.numbering.models import ReceiptSequence
from zone.passes.numbering.queries import invoice_codes


def count_invoice_years_with_gaps(session: Session, _named_since: datetime) -> int:
    """Count the years of series whose invoices do not run from 1 to the number given out last."""
    numbers = (
        select(
            Invoice.series,
            Invoice.year,
            func.min(Invoice.number).label("first"),
            func.max(Invoice.number).label("last"),
            func.count().label("count"),
        )
        .group_by(Invoice.series, Invoice.year)
        .subquery()
    )
    given = and_(ReceiptSequence.series == numbers.c.series, ReceiptSequence.year == numbers.c.year)
    gaps = (
        select(numbers.c.year)
        .outerjoin(ReceiptSequence, given)
        .where(
            or_(
                numbers.c.first != 1,
                # Numbers are unique, so from 1 to the count there is no gap.
                numbers.c.last != numbers.c.count,
                func.coalesce(ReceiptSequence.last, 0) != numbers.c.last,
            )
        )
    )
    gone = select(ReceiptSequence.year).where(
        ReceiptSequence.last > 0,
        ReceiptSequence.series.in_(invoice_codes()),
        ~exists().where(
            Invoice.series == ReceiptSequence.series, Invoice.year == ReceiptSequence.year
        ),
    )
    return count_rows(session, gaps) + count_rows(session, gone)


def count_wrong_invoice_sums(session: Session, _named_since: datetime) -> int:
    """Count the invoices whose lines do not add up, and the rates of wrong VAT."""
    return count_rows(session, _sums()) + count_rows(session, _taxes())


def _sums() -> Select[Any]:
    of_invoice = InvoiceLine.invoice_id == Invoice.id
    net = select(func.coalesce(func.sum(InvoiceLine.net_cents), 0)).where(of_invoice)
    tax = select(func.coalesce(func.sum(InvoiceLine.tax_cents), 0)).where(of_invoice)
    return select(Invoice.id).where(
        or_(
            cast(net.scalar_subquery(), BigInteger) != Invoice.net_cents,
            cast(tax.scalar_subquery(), BigInteger) != Invoice.tax_cents,
            Invoice.net_cents + Invoice.tax_cents != Invoice.cents,
        )
    )


def _taxes() -> Select[Any]:
    """Select the invoices with a rate whose VAT is not that of the sum of its lines."""
    net = func.abs(cast(func.sum(InvoiceLine.net_cents), BigInteger))
    tax = func.abs(cast(func.sum(InvoiceLine.tax_cents), BigInteger))
    # In whole numbers, rounded half up: net × rate ÷ 100 %, as `rules.tax_on`.
    right = (2 * net * InvoiceLine.vat_bp + 10_000) // 20_000
    return (
        select(InvoiceLine.invoice_id)
        .group_by(InvoiceLine.invoice_id, InvoiceLine.vat_bp)
        .having(tax != right)
    )


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "invoices",
        "invoices are numbered without gaps",
        count_invoice_years_with_gaps,
        "Compare with a restored backup (`zone drill`), and tell the accountant before the year is "
        "closed.",
    ),
    Invariant(
        "invoice_sums",
        "the lines and the VAT of invoices agree with their totals",
        count_wrong_invoice_sums,
        "Somebody has written past the service. Compare with a restored backup (`zone drill`), and "
        "tell the accountant.",
    ),
)
