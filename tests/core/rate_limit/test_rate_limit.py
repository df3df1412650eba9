"""Rate limits: counts over all processes, separate for each subject and limit."""

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
from zone.core.rate_limit.rules import Limit
from zone.web import context
from zone.web.auth import public

NOW = datetime(2026, 9, 1, 9, 7, 30, tzinfo=UTC)
THREE = Limit("knocks", 3, timedelta(minutes=10))


def knock(who: str = "aino", limit: Limit = THREE, now: datetime = NOW) -> None:
    with writing() as session:
        rate_limit.count_attempt(session, limit, who, now)


def test_the_fourth_of_three_is_refused_with_the_time_to_wait(app: Flask) -> None:
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


def test_other_subjects_and_other_limits_count_separately(app: Flask) -> None:
    for _ in range(3):
        knock()
    knock("väinö")
    knock(limit=Limit("rings", 1, timedelta(minutes=10)))


def test_a_subject_is_stored_as_a_hash_and_deleted(app: Flask) -> None:
    knock("aino@example.org")
    with reading() as session:
        subject = session.scalars(select(AttemptCount.subject)).one()
    assert b"aino" not in subject
    with writing() as session:
        assert rate_limit.delete_expired(session, NOW) == 0
        assert rate_limit.delete_expired(session, NOW + timedelta(minutes=10)) == 1


def check_simultaneous_attempts_stay_within_the_limit(app: Flask) -> None:
    """Of eight simultaneous attempts three succeed."""
    assert outcomes(app, [knock] * 8) == {"done": 3, "too_many_requests": 5}


@pytest.mark.engines("sqlite", "postgresql")
def test_simultaneous_attempts_stay_within_the_limit(app: Flask) -> None:
    check_simultaneous_attempts_stay_within_the_limit(app)


@pytest.mark.planted_fault("the limit only reads its counter")
def test_a_limit_that_only_reads_fails_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_have_read = Barrier(8)

    def read_then_count(session: Any, limit: Limit, who: str, now: datetime) -> None:
        made = session.scalar(select(AttemptCount.made)) or 0
        session.rollback()
        all_have_read.wait(10)
        if made >= limit.most:
            raise DomainError(rate_limit.TOO_MANY_REQUESTS, params={"minutes": 1})

    monkeypatch.setattr(rate_limit, "count_attempt", read_then_count)
    with pytest.raises(AssertionError):
        check_simultaneous_attempts_stay_within_the_limit(app)


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
    """The address that a request with a forged X-Forwarded-For is counted for."""
    app = create_app(replace(settings, trusted_proxies=proxies))

    @app.get("/who")
    @public
    def who() -> str:
        return context.client_address(request)

    seen = app.test_client().get("/who", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    with app.app_context():
        db.engine.dispose()
    return seen.text


def test_a_client_cannot_choose_its_counted_address(settings: Settings) -> None:
    assert client_behind(settings, 0) == "127.0.0.1", "no proxy is trusted: the header is ignored"
    assert client_behind(settings, 1) == "203.0.113.9", (
        "only the part added by the trusted proxy counts"
    )


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207", "192.0.2.7"),
        ("64:ff9b::192.0.2.7", "192.0.2.7"),
        ("[64:FF9B::c000:207]:50123", "192.0.2.7"),
        ("64:ff9b:1::10.0.2.7", "64:ff9b:1::a00:207"),
        ("192.0.2.7:50123", "192.0.2.7"),
        ("[2001:db8:1:2::9]:50123", "2001:db8:1:2::/64"),
        ("[::ffff:192.0.2.7]:50123", "192.0.2.7"),
        ("", "unknown"),
        ("_hidden", "unknown"),
    ],
)
def test_one_household_is_one_client(address: str, counted: str) -> None:
    environ = EnvironBuilder(environ_base={"REMOTE_ADDR": address}).get_environ()
    assert context.client_address(Request(environ)) == counted


def test_where_attempts_are_taken_back_people_come_back_soon_and_not_all_at_once(
    app: Flask,
) -> None:
    """A campus network hides hundreds of people: each who signs in makes room for another."""
    shared = replace(THREE, ask_again=timedelta(seconds=30))
    for _ in range(3):
        knock(limit=shared)
    waits, minutes = set(), set()
    for _ in range(40):
        with pytest.raises(DomainError) as refused:
            knock(limit=shared)
        waits.add(refused.value.extra["retry_after"])
        minutes.add(refused.value.params["minutes"])
    assert min(waits) >= 30
    assert max(waits) <= 60
    assert len(waits) > 3
    assert minutes == {1}
    at_the_end = datetime(2026, 9, 1, 9, 9, 58, tzinfo=UTC)
    with pytest.raises(DomainError) as refused:
        knock(limit=shared, now=at_the_end)
    assert refused.value.extra == {"retry_after": 3}, "never longer than the window lasts"
