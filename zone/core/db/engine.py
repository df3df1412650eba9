"""The engines: one that writes, one whose connections the database itself holds read-only, and their pools.

SQLite: WAL, `synchronous=FULL`, foreign keys, BEGIN IMMEDIATE for writes. PostgreSQL: lock and idle timeouts,
TCP keepalive. The only module of core that uses flask_sqlalchemy.
"""

import math
import select
import time
from typing import Any, Final

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from zone.core.config import Settings
from zone.core.db.types import Base

WRITE: Final = "zone_write"
# The bind whose connections only read.
READER: Final = "reader"

# PostgreSQL notices after a minute, not two hours, that a machine without power hangs up no more.
KEEPALIVE: Final = (
    "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)
READ_ONLY: Final = "-c default_transaction_read_only=on"

# How long a writer waits for the lock before the person is asked to try again (503).
BUSY_MS: Final = 5000

# How long a process may hold its locks on PostgreSQL and do nothing: frozen, or on a machine that
# has gone.
FROZEN_MS: Final = 60_000

# A connection that lay idle for longer is tried before it is used.
IDLE_SECONDS: Final = 5.0

# Holds the engine of each application; models and queries use Base and plain sessions.
db: Final = SQLAlchemy(metadata=Base.metadata)


def database_config(settings: Settings) -> dict[str, Any]:
    """Both binds, as Flask-SQLAlchemy reads them: the one that writes, and the one that cannot.

    Their pools are filled as needed. One that is too small for those who come waits; a longer wait is a 503.
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
        wait = f"-c lock_timeout={BUSY_MS} -c idle_in_transaction_session_timeout={FROZEN_MS} {KEEPALIVE}"
        options["connect_args"] = {"options": wait}
        # Every statement sees what is committed anew; so a BEGIN and a ROLLBACK around it would only cost.
        reader = options | {
            "isolation_level": "AUTOCOMMIT",
            "connect_args": {"options": f"{wait} {READ_ONLY}"},
        }
        reader["pool_reset_on_return"] = None
    # A request that holds one for its questions may take a second one: with fewer they would wait for each other.
    reader = reader | {"pool_size": 2 * settings.pool_size}
    return {
        "SQLALCHEMY_DATABASE_URI": settings.database,
        "SQLALCHEMY_ENGINE_OPTIONS": options,
        "SQLALCHEMY_BINDS": {READER: {"url": settings.database} | reader},
    }


def prepare(writer: Engine, reader: Engine) -> None:
    """Set the engines up for our guarantees: durable commits, foreign keys, a write lock taken at the start.

    Who disposes of the writer disposes of both.
    """
    event.listen(writer, "engine_disposed", lambda _engine: reader.dispose())
    if writer.dialect.name != "sqlite":
        for engine in (writer, reader):
            event.listen(engine, "checkin", _note_idle)
            event.listen(engine, "checkout", _try_after_idling)
        return
    for engine in (writer, reader):
        event.listen(engine, "connect", _sqlite_connect)
    event.listen(reader, "connect", _sqlite_only_read)
    event.listen(writer, "begin", _sqlite_begin)


def _note_idle(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _try_after_idling(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    # The server may have gone away meanwhile. To try before every use, as pool_pre_ping does, costs each a round trip.
    if _has_hung_up(connection):
        raise DisconnectionError("the server has hung up")  # the pool opens another one
    if time.monotonic() - record.info.get("idle_since", math.inf) < IDLE_SECONDS:
        return
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error  # the pool opens another one


def _has_hung_up(connection: Any) -> bool:
    """Whether the server said something to a connection that asks nothing: that it goes, most likely. Costs 2 µs."""
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return bool(socket.poll(0))


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_only_read(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def _sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once when another wrote between (SQLITE_BUSY_SNAPSHOT).
    writes = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
