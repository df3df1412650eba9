"""What must hold of receipts, recounted by `zone doctor`."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from zone.core.invariants import Invariant, count_rows
from zone.passes.numbering.models import ReceiptSequence
from zone.passes.numbering.queries import invoice_codes
from zone.passes.receipts.models import CreditedLine, Receipt, ReceiptLine
from zone.passes.retention.models import DeletedNumbers


def count_years_with_gaps(session: Session, _named_since: datetime) -> int:
    """Count the years of series whose receipts do not run from 1 to the number given out last.

    Those that went with an accounting year count as its certificate says.
    """
    numbers = (
        select(
            Receipt.series,
            Receipt.year,
            func.min(Receipt.number).label("first"),
            func.max(Receipt.number).label("last"),
            func.count().label("count"),
        )
        .group_by(Receipt.series, Receipt.year)
        .subquery()
    )
    deleted = (
        select(
            DeletedNumbers.series,
            DeletedNumbers.year,
            cast(func.sum(DeletedNumbers.count), BigInteger).label("count"),
        )
        .group_by(DeletedNumbers.series, DeletedNumbers.year)
        .subquery()
    )
    # A year of receipts of which no number was given out.
    never = select(numbers.c.year).where(
        ~exists().where(
            ReceiptSequence.series == numbers.c.series, ReceiptSequence.year == numbers.c.year
        )
    )
    gaps = (
        select(ReceiptSequence.year)
        .outerjoin(numbers, _of_sequence(numbers))
        .outerjoin(deleted, _of_sequence(deleted))
        .where(
            ReceiptSequence.series.not_in(invoice_codes()),
            or_(
                # Numbers are unique, so with so many of them from 1 to the last there is no gap.
                numbers.c.first < 1,
                numbers.c.last > ReceiptSequence.last,
                func.coalesce(numbers.c.count, 0) + func.coalesce(deleted.c.count, 0)
                != ReceiptSequence.last,
            ),
        )
    )
    return count_rows(session, never) + count_rows(session, gaps)


def _of_sequence(years: Subquery) -> ColumnElement[bool]:
    return and_(ReceiptSequence.series == years.c.series, ReceiptSequence.year == years.c.year)


def count_wrong_sums(session: Session, _named_since: datetime) -> int:
    """Count the receipts whose lines do not add up, the rates of wrong VAT, and the lines of which
    another sum was credited than is counted.
    """
    return sum(count_rows(session, rows) for rows in (_sums(), _taxes(), _credited()))


def _sums() -> Select[Any]:
    lines = select(func.sum(ReceiptLine.cents)).where(ReceiptLine.receipt_id == Receipt.id)
    return select(Receipt.id).where(
        Receipt.kind != "credit",
        func.coalesce(cast(lines.scalar_subquery(), BigInteger), -1) != Receipt.cents,
    )


def _taxes() -> Select[Any]:
    """Select the sales, and the credit notes of a sale together, by rate, whose VAT is wrong."""
    document = func.coalesce(Receipt.credits_id, Receipt.id)
    gross = cast(func.sum(ReceiptLine.cents), BigInteger)
    return (
        select(document)
        .join(ReceiptLine, ReceiptLine.receipt_id == Receipt.id)
        .group_by(document, Receipt.kind, ReceiptLine.vat_bp)
        .having(
            cast(func.sum(ReceiptLine.vat_cents), BigInteger)
            != case((gross < 0, -_vat_of(-gross)), else_=_vat_of(gross))
        )
    )


def _vat_of(gross: ColumnElement[int]) -> ColumnElement[int]:
    # In whole numbers, rounded half up: gross × rate ÷ (100 % + rate), as `catalogue.rules`.
    whole = 10_000 + ReceiptLine.vat_bp
    return (2 * gross * ReceiptLine.vat_bp + whole) // (2 * whole)


def _credited() -> Select[Any]:
    credit = aliased(ReceiptLine)
    credited = (
        select(func.coalesce(func.sum(credit.cents), 0))
        .where(credit.credits_id == ReceiptLine.id)
        .scalar_subquery()
    )
    counted = func.coalesce(CreditedLine.credited_cents, 0)
    return (
        select(ReceiptLine.id)
        .outerjoin(CreditedLine, CreditedLine.receipt_line_id == ReceiptLine.id)
        .where(
            or_(
                counted != -cast(credited, BigInteger),
                func.coalesce(CreditedLine.sold_cents, ReceiptLine.cents) != ReceiptLine.cents,
            )
        )
    )


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "receipts",
        "receipts are numbered without gaps",
        count_years_with_gaps,
        "Compare with the provider's report, and tell the accountant before the year is closed.",
    ),
    Invariant(
        "receipt_lines",
        "the lines, the VAT and the credit notes of receipts agree",
        count_wrong_sums,
        "Somebody has written past the service. Compare with a restored backup (`zone drill`), and "
        "tell the accountant.",
    ),
)
