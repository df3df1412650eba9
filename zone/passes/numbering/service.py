"""Give out receipt numbers, and begin series. Never commits."""

from collections.abc import Container
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.db.statements import insertion
from zone.core.time import to_helsinki
from zone.passes.numbering.models import ReceiptSequence, ReceiptSeries
from zone.passes.numbering.queries import series_in_use
from zone.passes.numbering.rules import FIRST_CODES, ReceiptNumber, code_after_restore


def next_number(session: Session, purpose: str, now: datetime) -> ReceiptNumber:
    """Return the next number of the series in use, and lock the series' year until the end.

    It is the last lock of a transaction, and held the shortest time.
    """
    series = series_in_use(session, purpose)
    # The upsert locks the row until the caller's transaction ends: numbers have no gaps, because a
    # failed transaction rolls its number back, and purchases at once wait for each other. A
    # sequence would leave a gap. The year is Helsinki's: 31 Dec 22.30 UTC is in the new one.
    year = to_helsinki(now).year
    insert_first = insertion(session, ReceiptSequence).values(series=series, year=year, last=1)
    upsert = insert_first.on_conflict_do_update(
        index_elements=["series", "year"], set_={"last": ReceiptSequence.last + 1}
    )
    last = session.execute(upsert.returning(ReceiptSequence.last)).scalar_one()
    return ReceiptNumber(series, year, last)


def begin_series(session: Session, purpose: str, code: str, now: datetime) -> None:
    """Begin the first series of a purpose, such as that of a till; its code is nobody else's."""
    session.add(ReceiptSeries(purpose=purpose, code=code, reason="first", begun_at=now))
    session.flush()


def begin_after_restore(session: Session, now: datetime) -> int:
    """Begin a new series for every purpose; return how many.

    Since the backup numbers may have been given out that the restored database does not know.
    Receipts of them are with their buyers, so nobody else may get them.
    """
    stored = session.scalars(select(ReceiptSeries).order_by(ReceiptSeries.id)).all()
    first = FIRST_CODES | {row.purpose: row.code for row in stored if row.reason == "first"}
    taken = {row.code for row in stored}
    for purpose, begun in sorted(first.items()):
        code = _free_code(begun, now, taken)
        taken.add(code)
        session.add(ReceiptSeries(purpose=purpose, code=code, reason="restore", begun_at=now))
    session.flush()
    return len(first)


def _free_code(first: str, now: datetime, taken: Container[str]) -> str:
    code = code_after_restore(first, now)
    while code in taken:  # such as by a till whose own code is the same
        now += timedelta(seconds=1)
        code = code_after_restore(first, now)
    return code
