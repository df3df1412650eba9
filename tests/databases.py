"""One database and one application per engine and process, emptied before each test.

Cloning and dropping a PostgreSQL database costs 77 to 260 ms, emptying one 5 ms. A new application
costs 16 ms, and its engine compiles every statement again. So a test gets the database and the
application of the test before it: the database without its rows, the application as long as nothing
was added to it.

`@pytest.mark.own_database` gives a test a clone and an application of its own: where it changes the
schema, cuts or counts connections, starts processes, or adds to the application. A trigger of the
shared PostgreSQL database refuses changes of its schema.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from flask import Flask
from psycopg import sql

from zone.access.front_page import pages as front_page
from zone.app import create_app
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.demo.machine import postgres
from zone.web import service_profile

ENGINES: Final = ("sqlite", "postgresql")
REMEMBERED: Final = (service_profile.LAST_KEY, front_page.KEY)
"""What an application keeps of its database's rows. Nearly every page leaves some: without removing
it, most tests of pages made a new application, and compiled all its statements again.
"""
SERVICE_ROLE: Final = "zone_service"
"""The role of ZONE_DATABASE_URL on our own server: it owns no table, as on a real service."""

# A transaction that the last test left open does not block DELETE and could commit after it, so
# every connection that is not idle is ended first.
END_OTHERS: Final = sql.SQL(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> "
    "pg_backend_pid() "
    "AND state <> 'idle'"
)
# Without triggers and foreign keys: append-only tables can be emptied, and tables in any order.
# Needs a superuser.
NO_TRIGGERS: Final = sql.SQL("SET LOCAL session_replication_role = replica")
REFUSE_SCHEMA_CHANGES: Final = """
CREATE FUNCTION tests_refuse() RETURNS event_trigger LANGUAGE plpgsql
AS $$BEGIN RAISE 'this test changes the schema (%): give it own_database', TG_TAG; END$$;
CREATE EVENT TRIGGER tests_refuse ON ddl_command_start EXECUTE FUNCTION tests_refuse();
"""


class SqliteFile:
    """A database in a file of `folder`, replaced for each test."""

    def __init__(self, template: Path, folder: Path) -> None:
        self.folder, self._template, self._file = folder, template, folder / "zone.sqlite"
        self.url = f"sqlite:///{self._file}"

    def empty(self) -> str:
        """Bring the database to its state after the migrations; return its URL."""
        shutil.copyfile(self._template, self._file)
        return self.url

    def save(self) -> bytes:
        """Return the whole file."""
        db.engine.dispose()  # the last connection that closes moves the WAL into the file
        return self._file.read_bytes()

    def load(self, rows: bytes) -> None:
        """Replace the file."""
        db.engine.dispose()
        self._file.write_bytes(rows)

    put_back = load


def with_schema(folder: Path, template: Path) -> Path:
    """Return the folder, which has a copy of the migrated database: what starts there has it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(template, folder / "zone.sqlite")
    return folder


class SharedPostgres:
    """A database of this process on our own server, emptied for each test."""

    def __init__(self, server_url: str, template: str, folder: Path) -> None:
        self.folder = folder
        name = f"zone_shared_{os.getpid()}"
        create = "CREATE DATABASE {} TEMPLATE {}"
        postgres.run(
            server_url, sql.SQL(create).format(sql.Identifier(name), sql.Identifier(template))
        )
        self.url = postgres.alchemy_url(server_url, name).replace("//zone@", f"//{SERVICE_ROLE}@")
        self._connection = psycopg.connect(
            server_url.rsplit("/", 1)[0] + f"/{name}", autocommit=True
        )
        self._migrated = self._rows()
        self._empty = self._emptying()
        self._connection.execute(REFUSE_SCHEMA_CHANGES)

    def _rows(self) -> dict[str, list[str]]:
        """Return the rows of each table, as PostgreSQL writes a row as text."""
        found = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        query = sql.SQL("SELECT {table}::text FROM {table}")
        return {
            str(table): [
                str(row)
                for (row,) in self._connection.execute(query.format(table=sql.Identifier(table)))
            ]
            for (table,) in found
        }

    def _emptying(self) -> bytes:
        """Return all statements as one text, which costs one round trip."""
        return self._in_one_text(
            END_OTHERS,
            sql.SQL("BEGIN"),
            NO_TRIGGERS,
            *map(_delete, self._migrated),
            *(_insert(table, rows) for table, rows in self._migrated.items() if rows),
            sql.SQL("COMMIT"),
        )

    def _in_one_text(self, *statements: sql.Composable) -> bytes:
        return sql.SQL("; ").join(statements).as_bytes(self._connection)

    def empty(self) -> str:
        """Bring the database to its state after the migrations; return its URL."""
        self._connection.execute(self._empty, prepare=False)
        return self.url

    def save(self) -> bytes:
        """Return the statements that store the rows of now in the empty database."""
        changed = [
            (table, rows) for table, rows in self._rows().items() if rows != self._migrated[table]
        ]
        return self._in_one_text(
            sql.SQL("BEGIN"),
            NO_TRIGGERS,
            *(_delete(table) for table, _ in changed if self._migrated[table]),
            *(_insert(table, rows) for table, rows in changed if rows),
            sql.SQL("COMMIT"),
        )

    def load(self, rows: bytes) -> None:
        """Execute statements that `save` returned."""
        self._connection.execute(rows, prepare=False)

    def put_back(self, rows: bytes) -> None:
        """Empty the database, then execute statements that `save` returned."""
        self.empty()
        self.load(rows)

    def close(self) -> None:
        self._connection.close()


def _delete(table: str) -> sql.Composed:
    return sql.SQL("DELETE FROM {}").format(sql.Identifier(table))


def _insert(table: str, rows: Sequence[str]) -> sql.Composed:
    name = sql.Identifier(table)
    return sql.SQL("INSERT INTO {0} SELECT stored.* FROM unnest({1}::{0}[]) stored").format(
        name, sql.Literal(list(rows))
    )


class Applications:
    """The application of each shared database."""

    def __init__(self) -> None:
        self._kept: dict[Settings, tuple[Flask, Any]] = {}

    @contextmanager
    def opened(self, settings: Settings, *, shared: bool) -> Iterator[Flask]:
        """Yield an application inside its context.

        Where `shared`, it is that of the last test with the same settings.
        """
        app, before = self._kept.pop(settings, (None, None))
        if app is None:
            app = create_app(settings)
            before = _shape(app)
        with app.app_context():
            yield app
            for key in REMEMBERED:
                app.extensions.pop(key, None)
            if shared and _shape(app) == before:
                self._kept[settings] = app, before
                if settings.database.startswith("sqlite"):
                    db.engine.dispose()  # the file is replaced
            else:
                db.engine.dispose()

    def close(self) -> None:
        for app, _ in self._kept.values():
            with app.app_context():
                db.engine.dispose()


def _shape(app: Flask) -> Any:
    """Return what differs after a test has added to the application or removed from it."""
    hooks: Sequence[Any] = (
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
    )
    counted = [{name: len(functions) for name, functions in hook.items()} for hook in hooks]
    return dict(app.config), dict(app.extensions), dict(app.view_functions), counted, app.wsgi_app
