"""Tries are counted over all processes, and the count of one does not touch another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask, Request, request
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from tests.world.races import outcomes
from zone.app import create_app
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.models import AttemptCount
from zone.core.rate_limit.service import Limit
from zone.web import context
from zone.web.auth import public

NOW = datetime(2026, 9, 1, 9, 7, 30, tzinfo=UTC)
THREE = Limit("knocks", 3, timedelta(minutes=10))


def knock(who: str = "aino", limit: Limit = THREE, now: datetime = NOW) -> None:
    with writing() as session:
        rate_limit.count_attempt(session, limit, who, now)


def test_the_fourth_of_three_is_refused_and_told_how_long_to_wait(app: Flask) -> None:
    for _ in range(3):
        knock()
    with pytest.raises(DomainError, match="too_many_requests") as refused:
        knock()
    assert refused.value.extra == {"retry_after": 151}
    assert refused.value.params == {"minutes": 3}


def test_the_next_window_counts_anew(app: Flask) -> None:
    for _ in range(3):
        knock()
    knock(now=datetime(2026, 9, 1, 9, 10, tzinfo=UTC))
    with pytest.raises(DomainError):
        knock(now=datetime(2026, 9, 1, 9, 9, 59, tzinfo=UTC))


def test_others_and_other_things_are_counted_apart(app: Flask) -> None:
    for _ in range(3):
        knock()
    knock("väinö")
    knock(limit=Limit("rings", 1, timedelta(minutes=10)))


def test_who_was_counted_is_not_readable_and_is_forgotten(app: Flask) -> None:
    knock("aino@example.org")
    with reading() as session:
        subject = session.scalars(select(AttemptCount.subject)).one()
    assert b"aino" not in subject
    with writing() as session:
        assert rate_limit.delete_expired(session, NOW) == 0
        assert rate_limit.delete_expired(session, NOW + timedelta(minutes=10)) == 1


def check_a_crowd_gets_no_more_than_the_limit(app: Flask) -> None:
    """Eight at once, three may."""
    assert outcomes(app, [knock] * 8) == {"done": 3, "too_many_requests": 5}


def test_a_crowd_gets_no_more_than_the_limit(app: Flask) -> None:
    check_a_crowd_gets_no_more_than_the_limit(app)


@pytest.mark.planted_fault("the limit only reads its counter")
def test_a_limit_that_only_looks_lets_the_crowd_through(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_have_looked = Barrier(8)

    def look_then_count(session: Any, limit: Limit, who: str, now: datetime) -> None:
        made = session.scalar(select(AttemptCount.made)) or 0
        session.rollback()
        all_have_looked.wait(10)
        if made >= limit.most:
            raise DomainError(rate_limit.TOO_MANY_REQUESTS, params={"minutes": 1})

    monkeypatch.setattr(rate_limit, "count_attempt", look_then_count)
    with pytest.raises(AssertionError):
        check_a_crowd_gets_no_more_than_the_limit(app)


@pytest.mark.own_database
def test_a_refusal_carries_retry_after(app: Flask) -> None:
    @app.get("/knock")
    @public
    def knocking() -> str:
        knock(limit=Limit("web", 1, timedelta(minutes=10)))
        return "come in"

    client = app.test_client()
    assert client.get("/knock").status_code == 200
    refused = client.get("/knock")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "151")
    assert refused.json is not None
    assert refused.json["code"] == "too_many_requests"


def client_behind(settings: Settings, proxies: int) -> str:
    """Whom a request is counted for that says it was forwarded for somebody."""
    app = create_app(replace(settings, trusted_proxies=proxies))

    @app.get("/who")
    @public
    def who() -> str:
        return context.client_address(request)

    seen = app.test_client().get("/who", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    with app.app_context():
        db.engine.dispose()
    return seen.text


def test_nobody_chooses_whom_they_are_counted_for(settings: Settings) -> None:
    assert client_behind(settings, 0) == "127.0.0.1", (
        "no proxy is trusted: what the header says is ignored"
    )
    assert client_behind(settings, 1) == "203.0.113.9", "only what our own proxy added is believed"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_one_household_is_one_client(address: str, counted: str) -> None:
    environ = EnvironBuilder(environ_base={"REMOTE_ADDR": address}).get_environ()
    assert context.client_address(Request(environ)) == counted
