"""Statements that differ between SQLite and PostgreSQL."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
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
    """Insert the rows that violate no unique key; return the `returning` columns of these.

    Pass rows in the order of their keys, or two writers may deadlock.
    """
    if not rows:
        return []
    statement = insertion(session, table).on_conflict_do_nothing().returning(*returning)
    return list(session.execute(statement, rows).all())


def insertion(session: Session, model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT into `model` that supports ON CONFLICT, in the dialect of the session."""
    return insertion_in(session.get_bind().dialect.name, model)


def insertion_in(dialect: str, model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """As `insertion`, by the name of the dialect."""
    return sqlite.insert(model) if dialect == "sqlite" else postgresql.insert(model)


def hex_of(column: InstrumentedAttribute[uuid.UUID]) -> ColumnElement[str]:
    """The SQL expression for the 32 hex digits of an id."""
    # For reading many thousand rows: making a UUID object costs more than the rest of its row.
    return func.replace(cast(column, String), "-", "")


def utc_hour_of(session: Session, column: InstrumentedAttribute[datetime]) -> ColumnElement[str]:
    """The SQL expression for the UTC hour of a time, as `2026-09-21 09`."""
    if session.get_bind().dialect.name == "sqlite":
        return func.substr(column, 1, 13, type_=String)
    return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24", type_=String)
