"""What must hold of append-only tables, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from zone.core.db.append_only import APPEND_ONLY, NO_TRUNCATE, stored_tables
from zone.core.invariants import Invariant, name_broken
from zone.core.row_records.queries import count_unrecorded

SQLITE_TRIGGERS: Final = (
    "SELECT name FROM (SELECT name, tbl_name, replace(sql, '\"', '') AS made, "
    "substr(name, -6) AS verb FROM sqlite_master WHERE type = 'trigger') "
    "WHERE name = tbl_name || '_no_' || verb AND lower(made) = lower('CREATE TRIGGER ' || name "
    "|| ' BEFORE ' || verb || ' ON ' || tbl_name "
    "|| ' BEGIN SELECT RAISE(ABORT, ''append-only''); END')"
)
POSTGRES_TRIGGERS: Final = (
    "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "JOIN pg_proc ON pg_proc.oid = tgfoid "
    # No WHEN, no list of columns, and a function that does nothing but refuse. The types are:
    # before each row of UPDATE or DELETE, and before each statement of TRUNCATE.
    "WHERE tgenabled IN ('O', 'A') AND tgqual IS NULL AND tgattr::text = '' "
    "AND prosrc LIKE 'BEGIN RAISE integrity_constraint_violation USING MESSAGE = %%; END' "
    "AND tgname = relname "
    "|| CASE tgtype WHEN 27 THEN '_append_only' WHEN 34 THEN '_no_truncate' END"
)
"""Names of the triggers that fire in an ordinary session, for whatever row, and refuse."""

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
        query, added_query = SQLITE_TRIGGERS, SQLITE_ALL
        refused, ends = APPEND_ONLY & tables, ("_no_update", "_no_delete")
        wanted = {table + end for table in refused for end in ends}
    else:
        query, added_query = POSTGRES_TRIGGERS, POSTGRES_ALL
        wanted = {table + "_append_only" for table in APPEND_ONLY & tables}
        wanted |= {table + NO_TRUNCATE for table in tables}
    missing = wanted - set(connection.exec_driver_sql(query).scalars())
    added = set(connection.exec_driver_sql(added_query).scalars()) - wanted
    name_broken(session, *sorted(missing | added))
    return len(missing) + len(added)


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
