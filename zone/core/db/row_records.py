"""Records of what the product wrote into rows that have no history of their own.

A price, a role, a pass or an address that somebody changes in the database leaves no trace, and
decides over money, rights and doors. So each write by the product adds a digest of the row to an
append-only table, in the transaction of the write; `zone doctor` compares. It shows a change by
hand, not one by somebody who writes the record too.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, event, func, insert, select
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, BigInt, Id

AT_ONCE: Final = 1000
"""Rows in memory at a time."""


class RowRecord(Base):
    """The digest of a row as the product wrote it; the newest of a row holds. Append-only."""

    __tablename__ = "row_record"
    __table_args__ = (Index("ix_row_record_row", "of_table", "row_id"),)

    id: Mapped[Id]
    of_table: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInt)
    digest: Mapped[bytes]


append_only(RowRecord)


@dataclass(frozen=True, slots=True)
class RecordedTable:
    """A table whose rows are recorded, with the columns that count."""

    model: type[Base]
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.model.__tablename__)

    def digest(self, row: Any) -> bytes:
        """Return the digest of a row, which has the columns as attributes."""
        values = [_plain(getattr(row, column)) for column in self.columns]
        return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).digest()


RECORDED: Final[dict[str, RecordedTable]] = {}
"""The recorded tables by name."""


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def record_rows(model: type[Base], *columns: str) -> None:
    """Record what these columns of a model's rows hold, whenever the product writes one."""
    recorded = RECORDED[model.__tablename__] = RecordedTable(model, columns)

    def record(_mapper: Mapper[Any], connection: Connection, row: Any) -> None:
        values = {"of_table": recorded.name, "row_id": row.id, "digest": recorded.digest(row)}
        connection.execute(insert(RowRecord).values(values))

    event.listen(model, "after_insert", record)
    event.listen(model, "after_update", record)


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
        for row_id, digest, newest in _compared(session, recorded)
        if newest is None
    ]
    if rows:
        session.execute(insert(RowRecord), rows)
    return len(rows)


def count_unrecorded(session: Session, _named_since: datetime) -> int:
    """Count the rows that are not as the product wrote them, not written by it, or deleted."""
    changed = sum(
        digest != newest
        for recorded in RECORDED.values()
        for _, digest, newest in _compared(session, recorded)
    )
    return changed + sum(_deleted(session, recorded) for recorded in RECORDED.values())


def _deleted(session: Session, recorded: RecordedTable) -> int:
    """Count the rows of a table that have a record and are not there."""
    table = recorded.model.__table__.c
    gone = (
        select(RowRecord.row_id)
        .outerjoin(recorded.model, table.id == RowRecord.row_id)
        .where(RowRecord.of_table == recorded.name, table.id.is_(None))
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(gone.subquery())) or 0


def _compared(
    session: Session, recorded: RecordedTable
) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Yield (id, digest now, digest of the newest record) of each row, in the order of ids."""
    table = recorded.model.__table__.c
    columns: Sequence[Any] = [table[name] for name in recorded.columns]
    newest = (
        select(RowRecord.row_id, func.max(RowRecord.id).label("newest"))
        .where(RowRecord.of_table == recorded.name)
        .group_by(RowRecord.row_id)
        .subquery()
    )
    rows = session.execute(
        select(table.id.label("record_of"), RowRecord.digest.label("recorded_digest"), *columns)
        .outerjoin(newest, newest.c.row_id == table.id)
        .outerjoin(RowRecord, RowRecord.id == newest.c.newest)
        .order_by(table.id)
        .execution_options(yield_per=AT_ONCE)
    )
    for row in rows:
        yield row.record_of, recorded.digest(row), row.recorded_digest
