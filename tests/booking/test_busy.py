"""When the database is locked for too long, the answer is 503 and nothing is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, func, select, text

from tests.world.booking import World, a_member, a_session, class_details
from tests.world.people import signed_in
from zone.app import create_app
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db import engine
from zone.core.db.engine import WRITE, db
from zone.core.db.transactions import reading, writing

HANG_UP = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def lock_held() -> Iterator[None]:
    """Hold a write lock: on all of SQLite, or on the members' rows of PostgreSQL."""
    with db.engine.connect().execution_options(**{WRITE: True}) as connection:
        connection.execute(text("UPDATE member SET name = name"))
        yield
        connection.rollback()


@contextmanager
def all_connections_are_taken(settings: Settings) -> Iterator[None]:
    taken = [db.engine.connect() for _ in range(settings.pool_size)]
    try:
        yield
    finally:
        for connection in taken:
            connection.close()


@pytest.fixture
def impatient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application when it waits for 0.2 s instead of 5."""
    monkeypatch.setattr(engine, "BUSY_MS", 200)
    app = create_app(settings)
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.mark.parametrize("trouble", ["lock", "pool"])
def test_busy_is_a_503_and_the_next_try_succeeds(
    impatient: Flask, world: World, settings: Settings, trouble: str
) -> None:
    now = utc_now()
    with writing() as session:
        request = {
            "session": str(
                a_session(session, world, start=now + timedelta(days=1), now=now).public_id
            )
        }
        anna = a_member(session, world, "anna", now=now)
    client = signed_in(impatient, anna)
    busy = lock_held() if trouble == "lock" else all_connections_are_taken(settings)
    with impatient.app_context(), busy:
        refused = client.post("/api/v1/bookings", json=request)
    assert (refused.status_code, refused.get_json()["code"]) == (503, "busy")
    assert refused.headers["Retry-After"]
    with reading() as session:
        assert session.scalar(select(func.count(Booking.id))) == 0
    assert client.post("/api/v1/bookings", json=request).status_code == 201


@pytest.mark.parametrize("way", ["api", "form"])
def test_who_finds_a_class_full_waits_for_no_lock(impatient: Flask, world: World, way: str) -> None:
    now = utc_now()
    with writing() as session:
        details = class_details(world, percent=10)
        start = now + timedelta(days=1)
        yoga = a_session(session, world, start=start, offer=details, now=now).public_id
        first, anna = (a_member(session, world, name, now=now) for name in ("first", "anna"))
        bookings.book(session, member_id=first, class_session=yoga, now=now)
    client = signed_in(impatient, anna)
    with impatient.app_context(), lock_held():
        if way == "api":
            refused = client.post("/api/v1/bookings", json={"session": str(yoga)})
        else:
            refused = client.post(f"/classes/{yoga}/book")
    assert refused.status_code == 409


# A file has no server that could go away.
@pytest.mark.engines("postgresql")
@pytest.mark.own_database
def test_a_dropped_idle_connection_is_replaced(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading() as session:
        session.execute(text("SELECT 1"))
    with create_engine(db.engine.url, poolclass=NullPool).connect() as server:
        server.execute(text(HANG_UP))
    monkeypatch.setattr(engine, "IDLE_SECONDS", 0.0)
    with reading() as session:
        assert session.scalar(text("SELECT 1")) == 1
