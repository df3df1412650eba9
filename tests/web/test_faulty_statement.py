"""A statement that the database does not understand is a fault of ours: no later try helps."""

import logging

import pytest
from flask import Flask
from sqlalchemy import text

from zone.core.db.transactions import reading
from zone.web.auth import public

pytestmark = pytest.mark.own_database


@pytest.fixture
def faulty(app: Flask) -> Flask:
    """The application with a page that reads a column which no table has."""

    @app.get("/faulty")
    @public
    def read_unknown_column() -> str:
        with reading() as session:
            return str(session.scalar(text("SELECT no_such_column FROM member")))

    return app


def test_nobody_is_told_to_come_back(faulty: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = faulty.test_client().get("/faulty", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_error")
    assert "Retry-After" not in answer.headers
    assert any("unexpected error" in line for line in caplog.messages)
