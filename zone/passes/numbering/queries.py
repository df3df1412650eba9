"""The series in use, and all of them with their last numbers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CompoundSelect, literal, select
from sqlalchemy.orm import Session

from zone.passes.numbering.models import ReceiptSequence, ReceiptSeries
from zone.passes.numbering.rules import FIRST_CODES, INVOICE


@dataclass(frozen=True, slots=True)
class SeriesYear:
    """A year of a series with its last number; no `purpose` where the series is not on record."""

    code: str
    year: int
    last: int
    purpose: str
    begun_at: datetime | None


def series_in_use(session: Session, purpose: str) -> str:
    """Return the code of the series in which receipts of a purpose are numbered now."""
    newest = (
        select(ReceiptSeries.code)
        .where(ReceiptSeries.purpose == purpose)
        .order_by(ReceiptSeries.id.desc())
        .limit(1)
    )
    code = session.scalar(newest)
    # Without a row, as of a service that began before there were series.
    return FIRST_CODES[purpose] if code is None else code


def invoice_codes() -> CompoundSelect[str]:
    """Select the codes of the series of invoices, whose numbers no receipt has."""
    begun = select(ReceiptSeries.code).where(ReceiptSeries.purpose == INVOICE)
    return begun.union(select(literal(FIRST_CODES[INVOICE])))


def years_of_series(session: Session) -> list[SeriesYear]:
    """Return every year of every series of receipts, the newest year first."""
    rows = session.execute(
        select(
            ReceiptSequence.series,
            ReceiptSequence.year,
            ReceiptSequence.last,
            ReceiptSeries.purpose,
            ReceiptSeries.begun_at,
        )
        .outerjoin(ReceiptSeries, ReceiptSeries.code == ReceiptSequence.series)
        .where(ReceiptSequence.series.not_in(invoice_codes()))
        .order_by(ReceiptSequence.year.desc(), ReceiptSequence.series)
    )
    return [
        SeriesYear(code, year, last, purpose or "", begun)
        for code, year, last, purpose, begun in rows
    ]
