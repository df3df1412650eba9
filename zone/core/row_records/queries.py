"""Rows compared with their records."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from zone.core.invariants import count_broken_ids
from zone.core.row_records.models import GONE, RECORDED, RecordedTable, RowRecord

AT_ONCE: Final = 1000
"""Rows in memory at a time."""


def count_unrecorded(session: Session, _named_since: datetime) -> int:
    """Count the rows that are not as the product wrote them, not written by it, or deleted."""
    return sum(count_differing(session, recorded) for recorded in RECORDED.values())


def count_differing(session: Session, recorded: RecordedTable) -> int:
    """Count such rows of a table."""
    rows = compared(session, recorded)
    changed = (key for key, digest, newest in rows if digest != newest)
    return count_broken_ids(session, recorded.name, changed) + _deleted(session, recorded)


def _deleted(session: Session, recorded: RecordedTable) -> int:
    """Count the rows of a table that are not there, though their newest record has them."""
    newest = _newest(recorded)
    gone = (
        select(RowRecord.row_id)
        .join(newest, newest.c.newest == RowRecord.id)
        .outerjoin(recorded.model, recorded.key == RowRecord.row_id)
        .where(RowRecord.digest != GONE, recorded.key.is_(None))
    )
    return count_broken_ids(session, f"deleted {recorded.name}", session.scalars(gone))


def _newest(recorded: RecordedTable) -> Subquery:
    return (
        select(RowRecord.row_id, func.max(RowRecord.id).label("newest"))
        .where(RowRecord.of_table == recorded.name)
        .group_by(RowRecord.row_id)
        .subquery()
    )


def compared(
    session: Session, recorded: RecordedTable
) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Yield (key, digest now, digest of the newest record) of each row, in the order of keys."""
    key = recorded.key
    columns: Sequence[Any] = [recorded.model.__table__.c[name] for name in recorded.columns]
    newest = _newest(recorded)
    rows = session.execute(
        select(key.label("record_of"), RowRecord.digest.label("recorded_digest"), *columns)
        .outerjoin(newest, newest.c.row_id == key)
        .outerjoin(RowRecord, RowRecord.id == newest.c.newest)
        .order_by(key)
        .execution_options(yield_per=AT_ONCE)
    )
    for row in rows:
        yield row.record_of, recorded.digest(row), row.recorded_digest
