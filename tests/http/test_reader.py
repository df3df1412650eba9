"""A request's reading connection goes back to the pool, whatever became of the request."""

import pytest
from flask import Flask, request
from sqlalchemy import Connection, QueuePool

from tests.members.people import a_browser, a_member, signed_in
from zone.db import READER, db, writing
from zone.http import reader


def check_that_readers_come_back(app: Flask) -> None:
    """People known and unknown ask for what is there and what is not; then nobody holds a connection."""
    with writing() as session:
        member = a_member(session).id
    for browser in (signed_in(app, member), a_browser(app)):
        for path in ("/api/v1/me", "/api/v1/me/bookings", "/nowhere"):
            browser.get(path)
    pool = db.engines[READER].pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0


def test_readers_come_back(app: Flask) -> None:
    check_that_readers_come_back(app)


def test_twin_without_giving_back_they_are_gone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Connection | None] = []
    monkeypatch.setattr(reader, "give_back", lambda: kept.append(request.environ.get(reader.HELD)))
    with pytest.raises(AssertionError):
        check_that_readers_come_back(app)
    for connection in kept:
        if connection is not None:
            connection.close()
