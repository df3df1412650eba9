"""Alembic's entry: one connection, one transaction, the models' metadata. Times out rather than queue behind a lock.

SQLite changes a table by making it anew: a foreign key must not empty those that point to it meanwhile, and the
triggers of an append-only table go with the old one. So keys rest during the migration and are checked at its end, and
the triggers are made again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text

from zone.core.db.append_only import (
    APPEND_ONLY,
    DELETABLE,
    append_only_statements,
    refuse_truncate,
)
from zone.core.db.engine import WRITE, db
from zone.core.db.types import Base, UtcDateTime
from zone.operation.migrations.service import APPLICATION_ROLE, SchemaError, grant_rights

LOCK_TIMEOUT = "5s"
"""A migration that cannot get its lock gives up: waiting, it would make every other query queue behind it."""

MIGRATION_TIMEOUT = "30min"
"""Who waits for another machine's migration stands in nobody's way, and a year of data takes its time."""

MIGRATING = 0x5A6F6E65  # "Zone"


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations stand on their own: our UTC type is written as what the database stores."""
    return (
        "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False
    )


def run() -> None:
    """Migrate the application's database."""
    with db.engine.connect().execution_options(**{WRITE: True}) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=True,
            # Ours says BEGIN itself, so SQLite's changes of the schema are part of the transaction too. Alembic thinks
            # they are not, and would commit each revision for itself.
            transactional_ddl=True,
        )
        with keys_at_rest(connection), context.begin_transaction():
            one_at_a_time(connection)
            rest(connection)
            context.run_migrations()
            mend(connection)
            refuse_truncate(connection)
            if role := context.get_x_argument(as_dictionary=True).get(APPLICATION_ROLE):
                grant_rights(connection, role)
        connection.commit()


def one_at_a_time(connection: Connection) -> None:
    """Two machines may start a new version at once: the second waits, and finds it done. SQLite's wait anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{MIGRATION_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))


@contextmanager
def keys_at_rest(connection: Connection) -> Iterator[None]:
    """SQLite minds foreign keys only outside a transaction, so this is said before it begins."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.cursor()
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()  # what was not committed by then has failed
        raw.execute("PRAGMA foreign_keys=ON")


def rest(connection: Connection) -> None:
    """Drop the triggers of SQLite whose condition names other tables.

    While such a table is made anew it is not there, and then SQLite renames none. `mend` makes them again.
    """
    if connection.dialect.name == "sqlite":
        for table in sorted(DELETABLE):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_delete")


def mend(connection: Connection) -> None:
    """What SQLite lost when tables were made anew.

    Raises:
        SchemaError: a row points to one that is not there: nothing is migrated.
    """
    if connection.dialect.name != "sqlite":
        return
    if lost := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
        tables = ", ".join(sorted({f"{row[0]} (to {row[2]})" for row in lost}))
        raise SchemaError(
            f"Rows in {tables} point to rows that are not there, so nothing was changed. Somebody's hand or a damaged "
            "disk has taken them: restore the last backup that migrates."
        )
    there = set(
        connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')"
        ).scalars()
    )
    for table in sorted(APPEND_ONLY & there):
        # An older version, after a downgrade, knows no certificates.
        for statement in append_only_statements(
            table, "sqlite", always="deleted_year" not in there
        ):
            if statement.split()[2] not in there:
                connection.exec_driver_sql(statement)


run()
