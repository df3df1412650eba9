"""Statements that SQLAlchemy writes differently for SQLite and PostgreSQL."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, String, cast, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from zone.core.db.types import Base


def insert_new(
    session: Session,
    table: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *returning: InstrumentedAttribute[Any],
) -> list[Row[*tuple[Any, ...]]]:
    """Insert rows, leaving out each that a unique key refuses; the `returning` columns of those that were stored.

    Pass rows in the order of their keys: two writers that wait for each other crosswise would deadlock.
    """
    if not rows:
        return []
    statement = insertion(session, table).on_conflict_do_nothing().returning(*returning)
    return list(session.execute(statement, rows).all())


def insertion(session: Session, model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT into `model` that can say ON CONFLICT, in the dialect of this session."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(model)
    return postgresql.insert(model)


def hex_of(column: InstrumentedAttribute[uuid.UUID]) -> ColumnElement[str]:
    """The 32 hex digits of an id, written by the database.

    For reading many thousands: a UUID object costs more than all the rest of its row.
    """
    return func.replace(cast(column, String), "-", "")
