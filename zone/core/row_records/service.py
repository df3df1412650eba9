"""First records of rows that were there before, or that were written in bulk. Never commits."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from zone.core.row_records.models import RECORDED, RowRecord
from zone.core.row_records.queries import compared


def record_first_rows(session: Session) -> int:
    """Record all rows of each table that has no record yet; return how many rows.

    Call it after an upgrade: the rows are then as the upgrade found them.
    """
    done = 0
    for recorded in RECORDED.values():
        known = select(RowRecord.id).where(RowRecord.of_table == recorded.name).limit(1)
        if session.scalar(known) is None:
            done += record_all(session, recorded.name)
    return done


def record_all(session: Session, table: str) -> int:
    """Record the rows of a table that have no record, such as rows written in bulk."""
    recorded = RECORDED[table]
    rows = [
        {"of_table": table, "row_id": row_id, "digest": digest}
        for row_id, digest, newest in compared(session, recorded)
        if newest is None
    ]
    if rows:
        session.execute(insert(RowRecord), rows)
    return len(rows)
