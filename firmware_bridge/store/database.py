"""SQLite for both stores: write-ahead log, explicit transactions, private files."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_database(path: Path, *, synchronous: str) -> sqlite3.Connection:
    """Open a connection for use by any thread under a lock. `synchronous` is FULL or NORMAL."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Before SQLite creates it with the umask; SQLite gives the -wal and -shm files the same mode.
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # A byte that the disk has changed makes a text that says nothing, not an error at each read.
    connection.text_factory = _decoded
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    # Pages; SQLite's default is 1000. A smaller log keeps the checkpoint within a commit short.
    connection.execute("PRAGMA wal_autocheckpoint=200")
    return connection


def _decoded(raw: bytes) -> str:
    return raw.decode(errors="replace")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit at the end of the block; roll back when it or the commit fails."""
    # IMMEDIATE takes the write lock now; a later upgrade from a read could fail with SQLITE_BUSY.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has already rolled back by itself after some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
