"""Rows compared with their records."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.row_records.models import RECORDED, RecordedTable, RowRecord

AT_ONCE: Final = 1000
"""Rows in memory at a time."""


def count_unrecorded(session: Session, _named_since: datetime) -> int:
    """Count the rows that are not as the product wrote them, not written by it, or deleted."""
    changed = sum(
        digest != newest
        for recorded in RECORDED.values()
        for _, digest, newest in compared(session, recorded)
    )
    return changed + sum(_deleted(session, recorded) for recorded in RECORDED.values())


def _deleted(session: Session, recorded: RecordedTable) -> int:
    """Count the rows of a table that have a record and are not there."""
    key = recorded.model.__table__.c[recorded.key]
    gone = (
        select(RowRecord.row_id)
        .outerjoin(recorded.model, key == RowRecord.row_id)
        .where(RowRecord.of_table == recorded.name, key.is_(None))
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(gone.subquery())) or 0


def compared(
    session: Session, recorded: RecordedTable
) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Yield (id, digest now, digest of the newest record) of each row, in the order of ids."""
    table = recorded.model.__table__.c
    key = table[recorded.key]
    columns: Sequence[Any] = [table[name] for name in recorded.columns]
    newest = (
        select(RowRecord.row_id, func.max(RowRecord.id).label("newest"))
        .where(RowRecord.of_table == recorded.name)
        .group_by(RowRecord.row_id)
        .subquery()
    )
    rows = session.execute(
        select(key.label("record_of"), RowRecord.digest.label("recorded_digest"), *columns)
        .outerjoin(newest, newest.c.row_id == key)
        .outerjoin(RowRecord, RowRecord.id == newest.c.newest)
        .order_by(key)
        .execution_options(yield_per=AT_ONCE)
    )
    for row in rows:
        yield row.record_of, recorded.digest(row), row.recorded_digest
