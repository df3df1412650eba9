"""Records of what the product wrote into rows that have no history of their own.

A price, a role, a proof, a password or a phone's key that somebody changes in the database leaves
no trace, and decides over money, rights and doors. So each write by the product adds a digest of
the row to an append-only table, in the transaction of the write; `zone doctor` compares. It shows a
change by hand, not one by somebody who writes the record too.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, event, insert, inspect
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, BigInt, Id


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
    key: str

    @property
    def name(self) -> str:
        return str(self.model.__tablename__)

    def digest(self, row: Any) -> bytes:
        """Return the digest of a row, which has the columns as attributes."""
        values = [_plain(getattr(row, column)) for column in self.columns]
        return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).digest()

    def is_changed(self, row: Any) -> bool:
        """Whether a column that counts was set to another value and is being written."""
        state = inspect(row).attrs
        return any(state[column].history.has_changes() for column in self.columns)


RECORDED: Final[dict[str, RecordedTable]] = {}
"""The recorded tables by name."""


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else value


def record_rows(model: type[Base], *columns: str) -> None:
    """Record what these columns of a model's rows hold, whenever the product writes one."""
    (key,) = inspect(model).primary_key
    recorded = RECORDED[model.__tablename__] = RecordedTable(model, columns, key.name)

    def record(_mapper: Mapper[Any], connection: Connection, row: Any) -> None:
        row_id = getattr(row, recorded.key)
        values = {"of_table": recorded.name, "row_id": row_id, "digest": recorded.digest(row)}
        connection.execute(insert(RowRecord).values(values))

    def record_change(mapper: Mapper[Any], connection: Connection, row: Any) -> None:
        # SQLAlchemy calls it for whatever was set: other columns, and values that were there.
        if recorded.is_changed(row):
            record(mapper, connection, row)

    event.listen(model, "after_insert", record)
    event.listen(model, "after_update", record_change)
