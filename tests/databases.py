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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


class SharedPostgres:
    """A database of this process on our own server, emptied for each test."""

    def __init__(self, server_url: str, template: str) -> None:
        name = f"zone_shared_{os.getpid()}"
        create = "CREATE DATABASE {} TEMPLATE {}"
        postgres.run(
            server_url, sql.SQL(create).format(sql.Identifier(name), sql.Identifier(template))
        )
        self.url = postgres.alchemy_url(server_url, name).replace("//zone@", f"//{SERVICE_ROLE}@")
        self._connection = psycopg.connect(
            server_url.rsplit("/", 1)[0] + f"/{name}", autocommit=True
        )
        self._empty = self._emptying()
        self._connection.execute(REFUSE_SCHEMA_CHANGES)

    def _emptying(self) -> bytes:
        """Return all statements as one text, which costs one round trip."""
        found = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        tables = [str(table) for (table,) in found]
        deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in tables]
        kept = [insert for table in tables for insert in self._inserts(table)]
        statements = [END_OTHERS, sql.SQL("BEGIN"), NO_TRIGGERS, *deletes, *kept, sql.SQL("COMMIT")]
        return sql.SQL("; ").join(statements).as_bytes(self._connection)

    def _inserts(self, table: str) -> Iterator[sql.Composed]:
        """Yield statements that restore the rows which the migrations wrote."""
        cursor = self._connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
        for row in cursor.fetchall():
            yield sql.SQL("INSERT INTO {} VALUES ({})").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Literal, row))
            )

    def empty(self) -> str:
        """Bring the database to its state after the migrations; return its URL."""
        self._connection.execute(self._empty, prepare=False)
        return self.url

    def close(self) -> None:
        self._connection.close()


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
