"""The read connection of a request returns to the pool in every case, and there are enough."""

from contextlib import ExitStack
from dataclasses import replace

import pytest
from flask import Flask, request
from sqlalchemy import Connection, QueuePool, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tests.world.people import a_browser, a_member, signed_in
from zone.app import create_app
from zone.core.config import Settings
from zone.core.db import engine
from zone.core.db.engine import READER, db
from zone.core.db.transactions import open_read_connection as db_reader
from zone.core.db.transactions import reading, writing
from zone.web import read_connection


def check_that_readers_come_back(app: Flask) -> None:
    """Check that no connection is held after requests that succeed and requests that fail."""
    with writing() as session:
        member = a_member(session).id
    for browser in (signed_in(app, member), a_browser(app)):
        for path in ("/api/v1/me", "/api/v1/me/bookings", "/nowhere"):
            browser.get(path)
    pool = db.engines[READER].pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0


def test_read_connections_are_returned(app: Flask) -> None:
    check_that_readers_come_back(app)


@pytest.mark.planted_fault("connections are not given back")
def test_without_closing_them_connections_are_lost(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Connection | None] = []
    monkeypatch.setattr(
        read_connection,
        "close_read_connection",
        lambda: kept.append(request.environ.get(read_connection.HELD)),
    )
    with pytest.raises(AssertionError):
        check_that_readers_come_back(app)
    for connection in kept:
        if connection is not None:
            connection.close()


def check_that_everybody_gets_a_second_reader(settings: Settings) -> None:
    """Check that as many requests as threads can each hold two read connections."""
    with ExitStack() as stack:
        for _ in range(settings.pool_size):
            stack.enter_context(db_reader())
        for _ in range(settings.pool_size):
            stack.enter_context(reading()).execute(text("SELECT 1"))


def test_requests_with_two_read_connections_do_not_wait_for_each_other(
    app: Flask, settings: Settings
) -> None:
    check_that_everybody_gets_a_second_reader(settings)


@pytest.mark.thorough
@pytest.mark.planted_fault("one reading connection too few")
def test_with_one_connection_too_few_they_deadlock(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 200)
    app = create_app(settings)
    with app.app_context(), pytest.raises(PoolTimeout):
        check_that_everybody_gets_a_second_reader(
            replace(settings, pool_size=settings.pool_size + 1)
        )
    with app.app_context():
        db.engine.dispose()
