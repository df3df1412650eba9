"""The two engines, one for writing and one that the database keeps read-only, and their pools.

SQLite: WAL, `synchronous=FULL`, foreign keys, BEGIN IMMEDIATE for writes. PostgreSQL: lock and idle
timeouts, TCP keepalive. The only module of core that uses flask_sqlalchemy.
"""

import math
import select
import sqlite3
import time
from typing import Any, Final

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from zone.core.config import Settings
from zone.core.db.types import Base
from zone.core.db.write_lock import begin_immediate

# The execution option of a transaction that writes.
WRITE: Final = "zone_write"
# The bind of the read-only engine.
READER: Final = "reader"

# TCP keepalive: detect a dead client after about 60 s (30 + 3 × 10) instead of 2 h. It may hold
# locks.
KEEPALIVE: Final = (
    "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)
READ_ONLY: Final = "-c default_transaction_read_only=on"

# How long a writer waits for a lock before the request is answered with 503.
BUSY_MS: Final = 5000

# How long a transaction on PostgreSQL may be idle (its process hangs) before the server ends it,
# which frees its locks.
FROZEN_MS: Final = 60_000

# A connection that was idle for longer is tested before it is used.
IDLE_SECONDS: Final = 5.0

# Holds the engine of each application; models and queries use Base and plain sessions.
db: Final = SQLAlchemy(metadata=Base.metadata)


def database_config(settings: Settings) -> dict[str, Any]:
    """The configuration of both engines for Flask-SQLAlchemy.

    A request waits up to BUSY_MS for a connection from a pool; after that it is answered with 503.
    """
    options: dict[str, Any] = {
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": BUSY_MS / 1000,
    }
    if settings.database.startswith("sqlite"):
        options["connect_args"] = {"timeout": BUSY_MS / 1000, "check_same_thread": False}
        reader = options
    else:
        wait = (
            f"-c lock_timeout={BUSY_MS} -c idle_in_transaction_session_timeout={FROZEN_MS}"
            f" {KEEPALIVE}"
        )
        options["connect_args"] = {"options": wait}
        # At READ COMMITTED every statement has a snapshot of its own anyway, so autocommit saves
        # the round trips of BEGIN and ROLLBACK.
        reader = options | {
            "isolation_level": "AUTOCOMMIT",
            "connect_args": {"options": f"{wait} {READ_ONLY}"},
        }
        reader["pool_reset_on_return"] = None
    # A request may hold one read connection and open a second one (a session): with fewer than
    # twice as many, requests could wait for each other for ever.
    reader = reader | {"pool_size": 2 * settings.pool_size}
    return {
        "SQLALCHEMY_DATABASE_URI": settings.database,
        "SQLALCHEMY_ENGINE_OPTIONS": options,
        "SQLALCHEMY_BINDS": {READER: {"url": settings.database} | reader},
    }


def prepare(writer: Engine, reader: Engine) -> None:
    """Install the event handlers of both engines. Disposing of the writer disposes of both."""
    event.listen(writer, "engine_disposed", lambda _engine: reader.dispose())
    if writer.dialect.name != "sqlite":
        for engine in (writer, reader):
            event.listen(engine, "checkin", _note_idle)
            event.listen(engine, "checkout", _test_connection)
        return
    for engine in (writer, reader):
        event.listen(engine, "connect", _sqlite_connect)
    event.listen(reader, "connect", _sqlite_only_read)
    event.listen(writer, "begin", _sqlite_begin)


def _note_idle(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _test_connection(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    # The server may have been restarted. `pool_pre_ping` would test before every use, at the cost
    # of a round trip each; this costs 2 µs, and a round trip only after IDLE_SECONDS. After a
    # DisconnectionError the pool opens another connection.
    if _has_hung_up(connection):
        raise DisconnectionError("the server has hung up")
    if time.monotonic() - record.info.get("idle_since", math.inf) < IDLE_SECONDS:
        return
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error


def _has_hung_up(connection: Any) -> bool:
    # An idle connection has nothing to read: readable means that the server has closed it, or is
    # about to ("terminating connection due to administrator command").
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return bool(socket.poll(0))


def _sqlite_connect(connection: Any, _record: Any) -> None:
    # Python's sqlite3 must not begin transactions by itself; `_sqlite_begin` does.
    connection.isolation_level = None
    # FULL: a commit is on disk before it is acknowledged. SQLite checks foreign keys only when
    # asked. Only with recursive triggers does REPLACE, which deletes the row that is in its way,
    # fire the triggers that refuse DELETE.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_only_read(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def _sqlite_begin(connection: Connection) -> None:
    # IMMEDIATE waits for the write lock at the start. A deferred transaction that reads and then
    # writes fails at once if another one wrote in between (SQLITE_BUSY_SNAPSHOT).
    if not connection.get_execution_options().get(WRITE, False):
        connection.exec_driver_sql("BEGIN")
        return
    try:
        begin_immediate(connection.connection, BUSY_MS / 1000)
    except sqlite3.Error as error:
        # SQLAlchemy does this in its own execution; callers know its errors only.
        raise DBAPIError.instance("BEGIN IMMEDIATE", None, error, sqlite3.Error) from error
