"""Writers on SQLite wait in turn, and no longer than they should."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from zone.core.db import write_lock
from zone.core.db.write_lock import begin_immediate

WAIT = 20.0
BETWEEN_TWO_LOOKS = 0.35
"""Seconds: in SQLite's own way, a writer then sleeps. It looks at 0.328 and at 0.428."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "zone.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    return path


@pytest.fixture
def locked(database: Path) -> Iterator[sqlite3.Connection]:
    """The connection of another process that holds the lock."""
    with closing(sqlite3.connect(database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield holder


def a_writer(database: Path, begin: Callable[[sqlite3.Connection], None]) -> threading.Thread:
    def write() -> None:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            begin(connection)
            connection.execute("ROLLBACK")

    writer = threading.Thread(target=write)
    writer.start()
    return writer


def order_of_two(database: Path, locked: sqlite3.Connection) -> list[str]:
    """Let a second writer come just before the lock is free; return who got it first."""
    order: list[str] = []

    def begin(name: str) -> Callable[[sqlite3.Connection], None]:
        def wait(connection: sqlite3.Connection) -> None:
            begin_immediate(connection, WAIT)
            order.append(name)

        return wait

    first = a_writer(database, begin("first"))
    time.sleep(BETWEEN_TWO_LOOKS)
    second = a_writer(database, begin("second"))
    time.sleep(0.02)
    locked.execute("ROLLBACK")
    for writer in (first, second):
        writer.join()
    return order


def test_who_waits_longest_writes_first(database: Path, locked: sqlite3.Connection) -> None:
    assert order_of_two(database, locked) == ["first", "second"]


def in_the_way_of_sqlite(connection: sqlite3.Connection, wait_seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout={round(wait_seconds * 1000)}")
    connection.execute("BEGIN IMMEDIATE")


@pytest.mark.thorough
@pytest.mark.planted_fault("SQLite's own wait, which grows to 100 ms")
def test_the_wait_of_sqlite_lets_a_later_writer_pass(
    database: Path, locked: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "begin_immediate", in_the_way_of_sqlite)
    passed = 0
    for _ in range(5):
        passed += order_of_two(database, locked) == ["second", "first"]
        locked.execute("BEGIN IMMEDIATE")
    assert passed


def test_every_writer_gives_up_at_its_time(database: Path, locked: sqlite3.Connection) -> None:
    errors: list[int] = []

    def begin(connection: sqlite3.Connection) -> None:
        with pytest.raises(sqlite3.OperationalError) as caught:
            begin_immediate(connection, 0.2)
        errors.append(caught.value.sqlite_errorcode)
        connection.execute("BEGIN")

    for writer in [a_writer(database, begin) for _ in range(4)]:
        writer.join()
    assert errors == [sqlite3.SQLITE_BUSY] * 4
    assert not write_lock._next_writer.locked()


def test_an_error_other_than_busy_is_told_at_once(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        begin_immediate(connection, WAIT)
        with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
            begin_immediate(connection, WAIT)
    assert not write_lock._next_writer.locked()
