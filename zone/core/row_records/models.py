"""Records of what the product wrote into rows that have no history of their own.

A price, a role, a proof, a password or a phone's key that somebody changes in the database leaves
no trace, and decides over money, rights and doors. So each write by the product adds a digest of
the row to an append-only table, in the transaction of the write; `zone doctor` compares. It shows a
change by hand, not one by somebody who writes the record too.

Objects of a session are recorded by themselves; a statement that writes columns that count goes
through `service.write_recorded`. A digest stays for ever, and of a few columns all possible values
can be tried: a row that loses its person has another `public_id` from then on, so that its old
digests say nothing.
"""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Index, cast, event, insert, inspect
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, BigInt, Id

GONE: Final = b""
"""In the place of the digest: the product has deleted the row."""
SECOND_KEYS: Final = 2**32
"""More than there are values of the second column of a key of two."""


class RowRecord(Base):
    """The digest of a row as the product wrote it; the newest of a row holds. Append-only.

    `row_id` is the row's key; where two columns are the key, one number made of both.
    """

    __tablename__ = "row_record"
    __table_args__ = (Index("ix_row_record_row", "of_table", "row_id"),)

    id: Mapped[Id]
    of_table: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInt)
    digest: Mapped[bytes]


append_only(RowRecord)
# Inline: nobody asks for the id. Each booking writes a record, so the statement is made once.
_INSERT: Final = insert(RowRecord).inline()


@dataclass(frozen=True, slots=True)
class RecordedTable:
    """A table whose rows are recorded, with the columns that count and those of its key.

    `name` is what its records are found by.
    """

    name: str
    model: type[Base]
    columns: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def key(self) -> ColumnElement[int]:
        """The key of a row as SQL."""
        columns = [self.model.__table__.c[name] for name in self.keys]
        return (
            columns[0]
            if len(columns) == 1
            else cast(columns[0], BigInt) * SECOND_KEYS + (columns[1])
        )

    def key_of(self, row: Any) -> int:
        """Return the key of a row, which has the columns as attributes."""
        first, *second = (int(getattr(row, name)) for name in self.keys)
        return first * SECOND_KEYS + second[0] if second else first

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
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"  # 2500 is read back as 2500.0000
    return value.isoformat() if isinstance(value, date | time) else value


def record_rows(model: type[Base], *columns: str, version: int = 1) -> None:
    """Record what these columns of a model's rows hold, whenever the product writes one.

    With other columns count `version` up: the next `zone migrate` makes first records of all rows.
    """
    table = model.__tablename__
    keys = tuple(column.name for column in inspect(model).primary_key)
    name = table if version == 1 else f"{table} {version}"
    recorded = RECORDED[table] = RecordedTable(name, model, columns, keys)

    def add(connection: Connection, row: Any, digest: bytes) -> None:
        values = {"of_table": recorded.name, "row_id": recorded.key_of(row), "digest": digest}
        connection.execute(_INSERT, values)

    def record(_mapper: Mapper[Any], connection: Connection, row: Any) -> None:
        add(connection, row, recorded.digest(row))

    def record_change(mapper: Mapper[Any], connection: Connection, row: Any) -> None:
        # SQLAlchemy calls it for whatever was set: other columns, and values that were there.
        if recorded.is_changed(row):
            record(mapper, connection, row)

    def record_deletion(_mapper: Mapper[Any], connection: Connection, row: Any) -> None:
        add(connection, row, GONE)

    # `propagate`: a model with a table of its own beside this one writes a row of this one too.
    event.listen(model, "after_insert", record, propagate=True)
    event.listen(model, "after_update", record_change, propagate=True)
    event.listen(model, "after_delete", record_deletion, propagate=True)
