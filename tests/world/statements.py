"""The SQL statements that the driver sends."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from zone.core.db.engine import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield the list of statements that the driver sends inside the block."""
    recorded: list[str] = []

    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **more: Any) -> Any:
            recorded.append(str(query))
            return super().execute(query, *args, **more)

    class CountingRaw(psycopg.RawCursor[Any]):  # that of prepared statements
        def execute(self, query: Any, *args: Any, **more: Any) -> Any:
            recorded.append(str(query))
            return super().execute(query, *args, **more)

    def note(query: str) -> None:
        # A PRAGMA of a timeout sets a number in the process, and reads nothing.
        if not query.startswith("PRAGMA busy_timeout"):
            recorded.append(query)

    def watch(connection: Any, *_: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(note)
        else:
            connection.cursor_factory = Counting

    engines, raw = db.engines.values(), psycopg.RawCursor
    for engine in engines:
        event.listen(engine, "checkout", watch)
    psycopg.RawCursor = CountingRaw  # type: ignore[misc]
    try:
        yield recorded
    finally:
        psycopg.RawCursor = raw  # type: ignore[misc]
        for engine in engines:
            event.remove(engine, "checkout", watch)
            engine.dispose()
