"""What must hold of append-only tables, recounted by `zone doctor`."""

import re
from datetime import datetime
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from zone.core.db.append_only import (
    APPEND_ONLY,
    DELETABLE,
    NO_TRUNCATE,
    append_only_statements,
    refusing_function,
    stored_tables,
)
from zone.core.invariants import Invariant, name_broken
from zone.core.row_records.queries import count_unrecorded

SQLITE_TRIGGERS: Final = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
POSTGRES_TRIGGERS: Final = (
    "SELECT tgname, relname, prosrc FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "JOIN pg_proc ON pg_proc.oid = tgfoid "
    # No WHEN, and no list of columns. The types are: before each row of UPDATE or DELETE, and
    # before each statement of TRUNCATE.
    "WHERE tgenabled IN ('O', 'A') AND tgqual IS NULL AND tgattr::text = '' AND tgname = relname "
    "|| CASE tgtype WHEN 27 THEN '_append_only' WHEN 34 THEN '_no_truncate' END"
)
"""The triggers that fire in an ordinary session, with what they do."""

_REFUSES: Final = re.compile(
    r"BEGIN RAISE integrity_constraint_violation USING MESSAGE = [^;]*; END"
)
"""A function of PostgreSQL that does nothing but refuse."""

SQLITE_ALL: Final = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
POSTGRES_ALL: Final = (
    "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace "
    "UNION SELECT rulename FROM pg_rules WHERE schemaname = current_schema()"
)
"""Names of whatever acts on a write: one that was added may swallow rows or change them."""


def count_wrong_triggers(session: Session, _named_since: datetime) -> int:
    """Count the triggers that are missing: against changes, and on PostgreSQL against TRUNCATE.

    One that does something else than to refuse is missing, whatever its name. Triggers and rules
    that somebody has added count too.
    """
    connection = session.connection()
    tables = stored_tables(connection)
    if connection.dialect.name == "sqlite":
        present, added_query = _refusing_on_sqlite(connection), SQLITE_ALL
        refused, ends = APPEND_ONLY & tables, ("_no_update", "_no_delete")
        wanted = {table + end for table in refused for end in ends}
    else:
        present, added_query = _refusing_on_postgresql(connection), POSTGRES_ALL
        wanted = {table + "_append_only" for table in APPEND_ONLY & tables}
        wanted |= {table + NO_TRUNCATE for table in tables}
    missing = wanted - present
    added = set(connection.exec_driver_sql(added_query).scalars()) - wanted
    name_broken(session, *sorted(missing | added))
    return len(missing) + len(added)


def _refusing_on_sqlite(connection: Connection) -> set[str]:
    """Return the names of the triggers that are word for word as the service makes them."""
    made = {_plain(sql) for table in APPEND_ONLY for sql in append_only_statements(table, "sqlite")}
    return {
        name for name, sql in connection.exec_driver_sql(SQLITE_TRIGGERS) if _plain(sql) in made
    }


def _plain(statement: str) -> str:
    # A table that was made anew has its name in quotes.
    return statement.replace('"', "").lower()


def _refusing_on_postgresql(connection: Connection) -> set[str]:
    """Return the names of the triggers that refuse, or let go only what may be deleted."""
    return {
        name
        for name, table, does in connection.exec_driver_sql(POSTGRES_TRIGGERS)
        if (
            does == refusing_function(table)
            if table in DELETABLE and not name.endswith(NO_TRUNCATE)
            else _REFUSES.fullmatch(does)
        )
    }


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "rows",
        "what decides over money, rights and doors is as the service wrote it",
        count_unrecorded,
        "Somebody has written past the service. Compare with a restored backup (`zone drill`), "
        "put it right on the pages, and ask who had access.",
    ),
    Invariant(
        "record",
        "facts cannot be changed",
        count_wrong_triggers,
        "A trigger that keeps facts is missing, or one was added. Compare with a restored backup, "
        "and ask who had access. `zone migrate` makes those against TRUNCATE again.",
    ),
)
