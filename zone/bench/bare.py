"""The reference for `herd`: a Flask route that only reserves a seat, by hand-written SQL.

It is served in the same way, on the same database, with the same durability, but without sign-in,
rules and error messages.
"""

import os
import sqlite3
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import psycopg
from flask import Flask, Response, request

from zone.core.clock import utc_now

RESERVE = (
    "UPDATE class_session SET booked = booked + 1 WHERE public_id = {0} AND booked < bookable "
    "RETURNING id"
)
INSERT = (
    "INSERT INTO booking (public_id, session_id, member_id, state, companions, created_at) "
    "VALUES ({0}, {0}, {0}, 'booked', 0, {0})"
)

_local = threading.local()


def create() -> Flask:
    """Return the bare application on the database that BARE_DATABASE names."""
    app = Flask("bare")
    url = os.environ["BARE_DATABASE"]
    book = _sqlite_book if url.startswith("sqlite") else _postgres_book

    @app.post("/bookings")
    def bookings() -> Response:
        data = request.get_json()
        won = book(url, data["session"], data["member"])
        return Response(
            '{"booked":true}' if won else '{"code":"session_full"}', 201 if won else 409
        )

    return app


def _sqlite_book(url: str, session: str, member: int) -> bool:
    with _connection(
        url
    ) as connection:  # commits or rolls back: an open transaction would block every other request
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute(RESERVE.format("?"), (uuid.UUID(session).hex,)).fetchone()
        if row is not None:
            now = utc_now().astimezone(UTC).replace(tzinfo=None)
            connection.execute(
                INSERT.format("?"), (uuid.uuid4().hex, row[0], member, now.isoformat(" "))
            )
    return row is not None


def _connection(url: str) -> Any:
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(
            url.removeprefix("sqlite:///"), timeout=5, isolation_level=None
        )
        _local.connection.execute("PRAGMA synchronous=FULL")
    return _local.connection


def _postgres_book(url: str, session: str, member: int) -> bool:
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(url.replace("+psycopg", ""))
    now: datetime = utc_now()
    with _local.connection.transaction():
        row = _local.connection.execute(RESERVE.format("%s"), (session,)).fetchone()
        if row is not None:
            _local.connection.execute(INSERT.format("%s"), (uuid.uuid4(), row[0], member, now))
    return row is not None
