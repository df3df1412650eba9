"""The database: engine, transactions, types, and what a broken constraint means, on SQLite and on PostgreSQL.

`with writing() as session:` is one transaction and the only place that commits; services never do. `with reading()`
cannot write: it has connections of its own, on which the database itself refuses to. What a named constraint refuses
becomes a DomainError here, once, for both engines.
"""

import math
import re
import select
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    cast,
    event,
    func,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DisconnectionError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, mapped_column, registry
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from zone.config import Settings
from zone.core.errors import CONSTRAINTS, DomainError, ErrorCode
from zone.core.meters import WRITERS, WRITERS_WAITING

WRITE: Final = "zone_write"
READER: Final = "reader"
"""The bind whose connections only read."""

KEEPALIVE: Final = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
"""PostgreSQL notices after a minute, not two hours, that a machine without power hangs up no more."""
READ_ONLY: Final = "-c default_transaction_read_only=on"

BUSY_MS: Final = 5000
"""How long a writer waits for the lock before the person is asked to try again (503)."""

FROZEN_MS: Final = 60_000
"""How long a process may hold its locks on PostgreSQL and do nothing: frozen, or on a machine that has gone."""

IDLE_SECONDS: Final = 5.0
"""A connection that lay idle for longer is tried before it is used."""

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python on both engines: SQLite returns naive values, psycopg the session's zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every model. Types are chosen by the annotation; constraints are named."""

    metadata = MetaData(naming_convention=NAMES)
    registry = registry(
        metadata=metadata,
        type_annotation_map={
            datetime: UtcDateTime(),
            date: Date(),
            uuid.UUID: Uuid(),
            Decimal: Numeric(12, 4),
            bytes: LargeBinary(),
            dict[str, Any]: JSON(),
            list[Any]: JSON(),
        },
    )


BigInt = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers its rows only in a column that is exactly INTEGER."""

Id = Annotated[int, mapped_column(BigInt, primary_key=True)]
PublicId = Annotated[uuid.UUID, mapped_column(Uuid(), unique=True)]

db: Final = SQLAlchemy(metadata=Base.metadata)
"""Holds the engine of each application; models and queries use Base and plain sessions."""


def database_config(settings: Settings) -> dict[str, Any]:
    """Both binds, as Flask-SQLAlchemy reads them: the one that writes, and the one that cannot.

    Their pools are filled as needed. One that is too small for those who come waits; a longer wait is a 503.
    """
    options: dict[str, Any] = {"pool_size": settings.pool_size, "max_overflow": 0, "pool_timeout": BUSY_MS / 1000}
    if settings.database.startswith("sqlite"):
        options["connect_args"] = {"timeout": BUSY_MS / 1000, "check_same_thread": False}
        reader = options
    else:
        wait = f"-c lock_timeout={BUSY_MS} -c idle_in_transaction_session_timeout={FROZEN_MS} {KEEPALIVE}"
        options["connect_args"] = {"options": wait}
        # Every statement sees what is committed anew; so a BEGIN and a ROLLBACK around it would only cost.
        reader = options | {"isolation_level": "AUTOCOMMIT", "connect_args": {"options": f"{wait} {READ_ONLY}"}}
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


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction that may write: committed at the end, rolled back on any error.

    Raises:
        DomainError: a declared constraint refused what was written.
    """
    with Session(db.engine, expire_on_commit=False) as session:
        try:
            with WRITERS_WAITING.track_inprogress():
                session.connection(execution_options={WRITE: True})
            with WRITERS.track_inprogress():
                yield session
                session.commit()
        except IntegrityError as error:
            session.rollback()
            raise refusal_of(error) from error


@contextmanager
def reading() -> Iterator[Session]:
    """A session for queries. The database refuses any write on it: that is what `writing` is for.

    On SQLite all its statements see one picture; on PostgreSQL each sees what is committed when it begins.
    """
    with Session(db.engines[READER], expire_on_commit=False) as session:
        if session.get_bind().dialect.name == "sqlite":
            session.connection().exec_driver_sql("BEGIN")
        yield session


def reader() -> Connection:
    """A connection that only reads, for `with`. Each statement sees what is committed when it begins, on any engine."""
    return db.engines[READER].connect()


def insert_new(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *returning: InstrumentedAttribute[Any]
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


APPEND_ONLY: Final[set[str]] = set()
"""The tables whose rows are never changed."""


def hex_of(column: InstrumentedAttribute[uuid.UUID]) -> ColumnElement[str]:
    """The 32 hex digits of an id, written by the database.

    For reading many thousands: a UUID object costs more than all the rest of its row.
    """
    return func.replace(cast(column, String), "-", "")


def append_only(model: type[Base]) -> None:
    """Let the database refuse every UPDATE and DELETE of the model's rows."""
    table = Base.metadata.tables[model.__tablename__]
    APPEND_ONLY.add(table.name)
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_statements(table.name, dialect):
            trigger = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
            event.listen(table, "after_create", trigger.execute_if(dialect=dialect))


def append_only_statements(table: str, dialect: str) -> list[str]:
    """The triggers of an append-only table, for the model and for the migration that makes the table."""
    if dialect == "sqlite":
        refusal = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        return [f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} {refusal}" for verb in ("update", "delete")]
    refusal = "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is append-only''"
    each_row = f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
    return [
        f"CREATE OR REPLACE FUNCTION zone_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {refusal}; END'",
        f"CREATE TRIGGER {table}_append_only {each_row}",
    ]


def refusal_of(error: IntegrityError) -> DomainError | IntegrityError:
    """What a refused write means to a person, or the error itself where no meaning was declared."""
    code = meaning_of(error)
    return error if code is None else DomainError(code)


def meaning_of(error: IntegrityError) -> ErrorCode | None:
    """The error code declared for the constraint that was broken."""
    name = constraint_of(error)
    return None if name is None else CONSTRAINTS.get(name)


_SQLITE_CHECK: Final = re.compile(r"CHECK constraint failed: (\w+)")
_SQLITE_INDEX: Final = re.compile(r"UNIQUE constraint failed: index '(\w+)'")
_SQLITE_UNIQUE: Final = re.compile(r"UNIQUE constraint failed: ([\w., ]+)")


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the broken constraint. PostgreSQL names it; SQLite names CHECKs, and of a UNIQUE only the columns."""
    diag = getattr(error.orig, "diag", None)
    if diag is not None:
        return str(diag.constraint_name) if diag.constraint_name else None
    message = str(error.orig)
    named = _SQLITE_CHECK.search(message) or _SQLITE_INDEX.search(message)
    if named:
        return named[1]
    unique = _SQLITE_UNIQUE.search(message)
    return _unique_name(unique[1].split(", ")) if unique else None


def _unique_name(reported: Sequence[str]) -> str | None:
    table = Base.metadata.tables.get(reported[0].split(".")[0])
    columns = {column.split(".")[1] for column in reported}
    return None if table is None else next((name for name, keys in _unique_keys(table) if keys == columns), None)


def _unique_keys(table: Table) -> Iterator[tuple[str, set[str]]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint) and constraint.name:
            yield str(constraint.name), {column.name for column in constraint.columns}
    for index in table.indexes:
        if index.unique and index.name:
            yield str(index.name), {column.name for column in index.columns}
