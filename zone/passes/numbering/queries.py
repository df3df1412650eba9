"""The series in use, and all of them with their last numbers."""

from collections.abc import Collection
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
    code = newest_code(session, purpose)
    # Without a row, as of a service that began before there were series.
    return FIRST_CODES[purpose] if code is None else code


def newest_code(session: Session, purpose: str) -> str | None:
    """Return the code of the newest series of a purpose on record, such as that of a till."""
    newest = (
        select(ReceiptSeries.code)
        .where(ReceiptSeries.purpose == purpose)
        .order_by(ReceiptSeries.id.desc())
        .limit(1)
    )
    return session.scalar(newest)


def codes_by_purpose(session: Session, purposes: Collection[str]) -> dict[str, str]:
    """Return the code of the newest series of each purpose that has one on record."""
    rows = session.execute(
        select(ReceiptSeries.purpose, ReceiptSeries.code)
        .where(ReceiptSeries.purpose.in_(purposes))
        .order_by(ReceiptSeries.id)
    )
    return {row.purpose: row.code for row in rows}


def is_taken(session: Session, code: str) -> bool:
    """Return whether a series has that code, or may begin with it."""
    stored = select(ReceiptSeries.id).where(ReceiptSeries.code == code)
    return code in FIRST_CODES.values() or session.scalar(stored) is not None


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
