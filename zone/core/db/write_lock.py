"""Wait for SQLite's write lock, one thread of a process after another, at a short interval."""

import sqlite3
import threading
import time
from contextlib import closing
from typing import Any, Final

# SQLite's own wait doubles up to 100 ms, while threads that come later take the lock at once: with
# four writers the slowest of a hundred check-ins took 134 ms, and with this wait 25 ms.
INTERVAL: Final = 0.0005

_BASIC_CODE: Final = 0xFF
_next_writer: Final = threading.Lock()


def begin_immediate(connection: Any, wait_seconds: float) -> None:
    """Begin a transaction that writes, on a connection of the driver.

    Raises:
        sqlite3.OperationalError: the database was locked for `wait_seconds`, or failed.
    """
    deadline = time.monotonic() + wait_seconds
    # Whoever does not come to the front in time tries once, and gets the error of the driver.
    is_next = _next_writer.acquire(timeout=wait_seconds)
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA busy_timeout=0")
            try:
                _begin_before(cursor, deadline)
            finally:
                # Other statements may have to wait too, as the one that recovers the WAL.
                cursor.execute(f"PRAGMA busy_timeout={round(wait_seconds * 1000)}")
    finally:
        if is_next:
            _next_writer.release()


def _begin_before(cursor: sqlite3.Cursor, deadline: float) -> None:
    while True:
        try:
            cursor.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & _BASIC_CODE == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() >= deadline:
                raise
        time.sleep(INTERVAL)
