"""Transactions: `with writing()` commits at its end, `with reading()` cannot write.

Services never commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zone.core.db.constraints import to_domain_error
from zone.core.db.engine import READER, WRITE, db
from zone.core.metrics import WRITERS, WRITERS_WAITING


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction that may write: committed at the end, rolled back on any error.

    Raises:
        DomainError: a constraint with a declared error code was violated.
    """
    # Objects stay readable after the commit, when the session is closed.
    with Session(db.engine, expire_on_commit=False) as session:
        try:
            # This waits for a connection and, on SQLite, for the write lock.
            with WRITERS_WAITING.track_inprogress():
                session.connection(execution_options={WRITE: True})
            with WRITERS.track_inprogress():
                yield session
                session.commit()
        except IntegrityError as error:
            session.rollback()
            raise to_domain_error(error) from error


@contextmanager
def reading() -> Iterator[Session]:
    """A session for queries; the database refuses a write.

    On SQLite all its statements see one snapshot. On PostgreSQL each statement sees what is
    committed when it begins.
    """
    with Session(db.engines[READER], expire_on_commit=False) as session:
        if session.get_bind().dialect.name == "sqlite":
            session.connection().exec_driver_sql("BEGIN")
        yield session


def open_read_connection() -> Connection:
    """Open a read-only connection, for `with`.

    Each statement sees what is committed when it begins, on both engines.
    """
    return db.engines[READER].connect()
