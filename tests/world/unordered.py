"""SQLite gives the rows of a query without ORDER BY in reverse.

SQL promises them no order; SQLite gives them as they were stored, and PostgreSQL as it happens. So
whoever relies on the order of the rows of such a query, the product or a test, fails at once.
`ZONE_TEST_STRICT=1` turns it on.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool


def reverse_rows() -> None:
    """Let every connection to SQLite that this process opens from now on do so."""
    if not event.contains(Pool, "connect", _reverse):
        event.listen(Pool, "connect", _reverse)


def _reverse(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects=ON")


def keep_order(engines: Iterable[Engine]) -> None:
    """Let these give rows as they were stored, for a planted fault that is about that order."""
    for engine in engines:
        event.listen(engine, "connect", _keep)
        engine.dispose()


def _keep(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects=OFF")
