"""The references for `herd` and `check-in`: Flask routes with hand-written SQL and nothing else.

One reserves a seat; one verifies the signature of a code and inserts the rows of a check-in. They
are served in the same way, on the same database, with the same durability, but without sign-in,
rules and error messages.
"""

import hashlib
import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from flask import Flask, Response, request

from firmware_bridge.wire import token as codes
from zone.core.clock import utc_now

RESERVE = (
    "UPDATE allocation SET booked = booked + 1 WHERE public_id = {0} AND booked < bookable "
    "RETURNING id"
)
INSERT = (
    "INSERT INTO booking (public_id, session_id, member_id, state, companions, created_at) "
    "VALUES ({0}, {0}, {0}, 'booked', 0, {0})"
)
VISIT = (
    "INSERT INTO visit (source, member_id, area_id, institution_code, occurred_at, recorded_at) "
    "VALUES ('desk', {0}, {0}, NULL, {0}, {0}) RETURNING id"
)
RECORD = "INSERT INTO row_record (of_table, row_id, digest) VALUES ('visit', {0}, {0})"
AUDIT = (
    "INSERT INTO audit (public_id, actor_id, action, object_kind, object_id, after, occurred_at) "
    "VALUES ({0}, {0}, 'desk.check_in', 'member', {0}, {0}, {0})"
)

_local = threading.local()


def create() -> Flask:
    """Return the bare application on the database that BARE_DATABASE names."""
    app = Flask("bare")
    url = os.environ["BARE_DATABASE"]
    database = _Sqlite(url) if url.startswith("sqlite") else _Postgres(url)

    @app.post("/bookings")
    def bookings() -> Response:
        data = request.get_json()
        with database.transaction() as execute:
            won = _book(execute, database, data["session"], data["member"])
        return Response(
            '{"booked":true}' if won else '{"code":"session_full"}', 201 if won else 409
        )

    @app.post("/check-ins")
    def check_ins() -> Response:
        data = request.get_json()
        token = codes.parse(data["code"].encode())
        if not codes.signed_by(bytes.fromhex(data["point"]), token):
            return Response('{"granted":false}', 403)
        with database.transaction() as execute:
            _check_in(execute, database, data)
        return Response('{"granted":true}')

    return app


Execute = Callable[..., Any]


def _book(execute: Execute, database: "_Sqlite | _Postgres", session: str, member: int) -> bool:
    row = execute(RESERVE, database.id(uuid.UUID(session))).fetchone()
    if row is not None:
        execute(INSERT, database.id(uuid.uuid4()), row[0], member, database.time(utc_now()))
    return row is not None


def _check_in(execute: Execute, database: "_Sqlite | _Postgres", data: dict[str, Any]) -> None:
    member, now = data["member"], database.time(utc_now())
    visit_id = execute(VISIT, member, data["area"], now, now).fetchone()[0]
    execute(RECORD, visit_id, hashlib.sha256(str(data).encode()).digest())
    after = json.dumps({"door": data["area"], "granted": True})
    execute(AUDIT, database.id(uuid.uuid4()), data["actor"], str(member), after, now)


class _Sqlite:
    def __init__(self, url: str) -> None:
        self._path = url.removeprefix("sqlite:///")

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        if not hasattr(_local, "connection"):
            _local.connection = sqlite3.connect(self._path, timeout=5, isolation_level=None)
            _local.connection.execute("PRAGMA synchronous=FULL")
        connection = _local.connection
        # Commits or rolls back: an open transaction would block every other request.
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            yield lambda sql, *values: connection.execute(sql.format("?"), values)

    def id(self, value: uuid.UUID) -> str:
        return value.hex

    def time(self, value: datetime) -> str:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


class _Postgres:
    def __init__(self, url: str) -> None:
        self._url = url.replace("+psycopg", "")

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        if not hasattr(_local, "connection"):
            _local.connection = psycopg.connect(self._url)
        connection = _local.connection
        with connection.transaction():
            yield lambda sql, *values: connection.execute(sql.format("%s"), values)

    def id(self, value: uuid.UUID) -> uuid.UUID:
        return value

    def time(self, value: datetime) -> datetime:
        return value
