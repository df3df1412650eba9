"""Records of what statements write, and of rows that were there before. Never commits."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Delete, Insert, Update, select
from sqlalchemy.orm import Session

from zone.core.db.prepared_select import PreparedInsert
from zone.core.db.statements import insertion_in
from zone.core.db.types import Base
from zone.core.row_records.models import GONE, INSERT, RECORDED, RecordedTable, RowRecord
from zone.core.row_records.queries import AT_ONCE, compared

SAYS_SO: Final = "recorded"
"""The execution option of a statement whose rows are recorded after it."""
KEY: Final = "record_of"
"""The label of a row's key, beside the columns that count."""

_record = RowRecord.__table__
_INSERT_ONE: Final = PreparedInsert(_record, ("of_table", "row_id", "digest"), [_record.c.id])


def write_recorded(
    session: Session,
    statement: Insert | Update | Delete,
    rows: Sequence[Mapping[str, Any]] | None = None,
) -> Sequence[int]:
    """Execute a statement over a recorded table, and record its rows; return their keys.

    `rows` are those of an INSERT.
    """
    # Not the events of the objects: SQLAlchemy calls none for a statement.
    recorded = RECORDED[statement.entity_description["table"].name]
    return _write(session, recorded, _telling(recorded, statement), rows)


def insert_new_recorded(
    session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]
) -> Sequence[int]:
    """Insert the rows that violate no unique key, and record them; return their keys."""
    if not rows:
        return []
    recorded = RECORDED[model.__tablename__]
    telling = _insertion_of_new(session.get_bind().dialect.name, recorded)
    return _write(session, recorded, telling, rows)


def insert_recorded(session: Session, model: type[Base], row: Mapping[str, Any]) -> int:
    """Insert one row, with a value for each column that has no default, and record it.

    Returns its key. The statement is made once: for what others wait for.
    """
    recorded = RECORDED[model.__tablename__]
    session.flush()
    (written,) = _insertion(recorded, tuple(row)).fetch(session.connection(), **row)
    _add(session, recorded, [(written.record_of, recorded.digest(written))])
    return int(written.record_of)


@cache
def _insertion(recorded: RecordedTable, names: Sequence[str]) -> PreparedInsert:
    columns = [recorded.key.label(KEY), *_columns(recorded)]
    return PreparedInsert(recorded.model.__table__, names, columns)


@cache
def _insertion_of_new(dialect: str, recorded: RecordedTable) -> Any:
    # Made once: that takes longer than to execute it.
    return _telling(recorded, insertion_in(dialect, recorded.model).on_conflict_do_nothing())


def _telling(recorded: RecordedTable, statement: Insert | Update | Delete) -> Any:
    """Return the statement as one that tells of each row its key, and what is recorded of it."""
    columns = [] if isinstance(statement, Delete) else _columns(recorded)
    told = statement.returning(recorded.key.label(KEY), *columns)
    return told.execution_options(**{SAYS_SO: True})


def _write(
    session: Session,
    recorded: RecordedTable,
    telling: Any,
    rows: Sequence[Mapping[str, Any]] | None,
) -> Sequence[int]:
    if telling.is_insert:
        # Past the session, which takes longer than the database; it has no object of a new row.
        session.flush()
        written = session.connection().execute(telling, rows).all()
    else:
        written = session.execute(telling).all()
    digests = {
        row.record_of: GONE if telling.is_delete else recorded.digest(row) for row in written
    }
    _add(session, recorded, digests.items())
    return list(digests)


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
    if len(rows) == 1:
        _INSERT_ONE.fetch(session.connection(), **rows[0])
    elif rows:
        session.connection().execute(INSERT, rows)
