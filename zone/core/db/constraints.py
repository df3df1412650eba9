"""The name of the constraint that a write violated, on both engines, and its error code."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from zone.core.db.types import Base
from zone.core.errors import CONSTRAINTS, DomainError, ErrorCode

# SQLite's messages. The second is that of an index over an expression.
_SQLITE_CHECK: Final = re.compile(r"CHECK constraint failed: (\w+)")
_SQLITE_INDEX: Final = re.compile(r"UNIQUE constraint failed: index '(\w+)'")
_SQLITE_UNIQUE: Final = re.compile(r"UNIQUE constraint failed: ([\w., ]+)")


def to_domain_error(error: IntegrityError) -> DomainError | IntegrityError:
    """The domain error declared for the violated constraint, else `error` itself."""
    code = _find_error_code(error)
    return error if code is None else DomainError(code)


def _find_error_code(error: IntegrityError) -> ErrorCode | None:
    name = constraint_name(error)
    return None if name is None else CONSTRAINTS.get(name)


def constraint_name(error: IntegrityError) -> str | None:
    """The name of the violated constraint, if the database says which it was."""
    # PostgreSQL (psycopg) reports the name.
    diag = getattr(error.orig, "diag", None)
    if diag is not None:
        return str(diag.constraint_name) if diag.constraint_name else None
    message = str(error.orig)
    named = _SQLITE_CHECK.search(message) or _SQLITE_INDEX.search(message)
    if named:
        return named[1]
    # Of a UNIQUE, SQLite reports only the columns: find the constraint in the metadata.
    unique = _SQLITE_UNIQUE.search(message)
    return _unique_name(unique[1].split(", ")) if unique else None


def _unique_name(reported: Sequence[str]) -> str | None:
    table = Base.metadata.tables.get(reported[0].split(".")[0])
    columns = {column.split(".")[1] for column in reported}
    return (
        None
        if table is None
        else next((name for name, keys in _unique_keys(table) if keys == columns), None)
    )


def _unique_keys(table: Table) -> Iterator[tuple[str, set[str]]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint) and constraint.name:
            yield str(constraint.name), {column.name for column in constraint.columns}
    for index in table.indexes:
        if index.unique and index.name:
            yield str(index.name), {column.name for column in index.columns}


def one_of_check(column: str, values: tuple[str, ...]) -> str:
    """The SQL condition that `column` has one of `values`, for a CHECK."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"
