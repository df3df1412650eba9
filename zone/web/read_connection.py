"""One read-only connection per request, shared by the auth check and the view."""

from typing import Final

from flask import Flask, request
from sqlalchemy import Connection

from zone.core.db.transactions import open_read_connection

HELD: Final = "zone.reader"


def install(app: Flask) -> None:
    """Close the connection at the end of each request, also after an error."""
    app.teardown_request(lambda _error: close_read_connection())


def read_connection() -> Connection:
    """Return the read-only connection of this request, opened at its first use."""
    # Under load a Session around a statement costs as much as the statement, and on PostgreSQL a
    # second connection from the pool 40 µs more, a tenth of the request.
    environ = request.environ
    connection: Connection | None = environ.get(HELD)
    if connection is None:
        connection = environ[HELD] = open_read_connection()
    return connection


def close_read_connection() -> None:
    """Close the connection of this request, if it has one."""
    connection: Connection | None = request.environ.pop(HELD, None)
    if connection is not None:
        connection.close()
