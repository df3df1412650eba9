"""Records of what statements write, and of rows that were there before. Never commits."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Delete, Insert, Update, select
from sqlalchemy.orm import Session

from zone.core.db.prepared_select import PreparedInsert
from zone.core.db.types import Base
from zone.core.row_records.models import GONE, RECORDED, RecordedTable, RowRecord
from zone.core.row_records.queries import AT_ONCE, compared

SAYS_SO: Final = "recorded"
"""The execution option of a statement whose rows are recorded after it."""
KEY: Final = "record_of"
"""The label of a row's key, beside the columns that count."""

_record = RowRecord.__table__
_INSERT: Final = PreparedInsert(RowRecord, ("of_table", "row_id", "digest"), _record.c.id)


def write_recorded(session: Session, statement: Insert | Update | Delete) -> Sequence[int]:
    """Execute a statement over a recorded table, and record its rows; return their keys."""
    # Not the events of the objects: SQLAlchemy calls none for a statement.
    recorded = RECORDED[statement.entity_description["table"].name]
    deletes = isinstance(statement, Delete)
    told = statement.returning(
        recorded.key.label(KEY), *([] if deletes else _columns(recorded))
    ).execution_options(**{SAYS_SO: True})
    rows = session.execute(told).all()
    digests = {row.record_of: GONE if deletes else recorded.digest(row) for row in rows}
    _add(session, recorded, digests.items())
    return list(digests)


def insert_new_recorded(
    session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]
) -> Sequence[int]:
    """Insert the rows that violate no unique key, and record them; return their keys."""
    if not rows:
        return []
    recorded = RECORDED[model.__tablename__]
    session.flush()  # a query of the session does so by itself
    written = _insertion(recorded, tuple(rows[0])).fetch_many(session.connection(), rows)
    _add(session, recorded, [(row.record_of, recorded.digest(row)) for row in written])
    return [row.record_of for row in written]


@cache
def _insertion(recorded: RecordedTable, names: Sequence[str]) -> PreparedInsert:
    # Made once: that takes longer than to execute it.
    columns = [recorded.key.label(KEY), *_columns(recorded)]
    return PreparedInsert(recorded.model, names, *columns, only_new=True)


def record_keys(session: Session, recorded: RecordedTable, keys: Sequence[int]) -> None:
    """Record the rows with these keys as they are now; those that are not there, as deleted."""
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        rows = session.execute(
            select(recorded.key.label(KEY), *_columns(recorded)).where(recorded.key.in_(part))
        )
        digests = dict.fromkeys(part, GONE) | {row.record_of: recorded.digest(row) for row in rows}
        _add(session, recorded, digests.items())


def record_first_rows(session: Session) -> int:
    """Record all rows of each table that has no record yet; return how many rows.

    Call it after an upgrade: the rows are then as the upgrade found them.
    """
    done = 0
    for recorded in RECORDED.values():
        known = select(RowRecord.id).where(RowRecord.of_table == recorded.name).limit(1)
        if session.scalar(known) is None:
            done += record_all(session, recorded)
    return done


def record_all(session: Session, recorded: RecordedTable) -> int:
    """Record the rows of a table that have no record, such as rows written in bulk."""
    new = [(key, digest) for key, digest, newest in compared(session, recorded) if newest is None]
    for start in range(0, len(new), AT_ONCE):
        _add(session, recorded, new[start : start + AT_ONCE])
    return len(new)


def _columns(recorded: RecordedTable) -> list[Any]:
    return [recorded.model.__table__.c[name] for name in recorded.columns]


def _add(session: Session, recorded: RecordedTable, digests: Iterable[tuple[int, bytes]]) -> None:
    rows = [{"of_table": recorded.name, "row_id": key, "digest": digest} for key, digest in digests]
    if rows:
        _INSERT.fetch_many(session.connection(), rows)
