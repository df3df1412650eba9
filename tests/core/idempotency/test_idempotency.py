"""A request with an idempotency key has one effect, also when it is sent several times at once."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.world.races import at_once
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.idempotency import service as idempotency
from zone.core.idempotency.models import StoredAnswer
from zone.core.idempotency.service import KeyedAnswer
from zone.places.campuses.models import Campus

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
TOGETHER = 4
"""Threads that send the same request at once."""


def build_a_campus(
    key: str | None, *, actor_id: int = 1, body: bytes = b"{}", path: str = "/api/v1/campuses"
) -> KeyedAnswer:
    """A write with an effect that can be counted."""
    with writing() as session:

        def work() -> KeyedAnswer:
            code = uuid.uuid4().hex
            session.add(Campus(code=code, name="Invented"))
            session.flush()
            return 201, {"code": code, "open": None, "days": [1, 2]}

        return idempotency.run_once(
            session, actor_id=actor_id, key=key, request_body=body, path=path, now=NOW, work=work
        )


def count_campuses() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Campus)) or 0


@pytest.mark.engines("sqlite", "postgresql")
def test_a_repeated_request_gets_the_first_answer_and_does_nothing(app: Flask) -> None:
    assert build_a_campus("k1") == build_a_campus("k1")
    assert count_campuses() == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_without_a_key_each_request_counts(app: Flask) -> None:
    assert build_a_campus(None) != build_a_campus(None)
    assert count_campuses() == 2


@pytest.mark.engines("sqlite", "postgresql")
def test_the_same_key_from_two_people_is_two_requests(app: Flask) -> None:
    assert build_a_campus("k1", actor_id=1) != build_a_campus("k1", actor_id=2)
    assert count_campuses() == 2


@pytest.mark.parametrize("other", [{"body": b'{"a": 1}'}, {"path": "/api/v1/other"}])
def test_a_key_that_comes_with_another_request_is_refused(
    app: Flask, other: dict[str, Any]
) -> None:
    build_a_campus("k1")
    with pytest.raises(DomainError, match="idempotency_mismatch"):
        build_a_campus("k1", **other)
    assert count_campuses() == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_an_empty_or_too_long_key_is_refused(app: Flask) -> None:
    for key in ("", "k" * 201):
        with pytest.raises(DomainError, match="idempotency_key_invalid"):
            build_a_campus(key)


@pytest.mark.engines("sqlite", "postgresql")
def test_what_was_refused_may_be_tried_again_with_its_key(app: Flask) -> None:
    def refuse() -> KeyedAnswer:
        raise DomainError(NOT_FOUND)

    with pytest.raises(DomainError), writing() as session:
        idempotency.run_once(
            session,
            actor_id=1,
            key="k1",
            request_body=b"{}",
            path="/api/v1/campuses",
            now=NOW,
            work=refuse,
        )
    assert build_a_campus("k1")[0] == 201


@pytest.mark.engines("sqlite", "postgresql")
def test_answers_from_before_a_time_are_deleted_and_their_keys_are_free(app: Flask) -> None:
    build_a_campus("k1")
    with writing() as session:
        assert idempotency.delete_old_answers(session, NOW) == 0
        assert idempotency.delete_old_answers(session, NOW + timedelta(seconds=1)) == 1
    build_a_campus("k1")
    assert count_campuses() == 2


def check_many_at_once_have_one_effect(app: Flask) -> None:
    answers = at_once(app, [lambda: build_a_campus("k1")] * TOGETHER)
    assert count_campuses() == 1
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_same_request_several_times_at_once_has_one_effect(app: Flask) -> None:
    check_many_at_once_have_one_effect(app)


@pytest.mark.planted_fault("no reservation of the key")
@pytest.mark.engines("sqlite", "postgresql")
def test_requests_that_reserve_no_key_fail_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reserve_nothing(session: Any, actor_id: int, key: str, digest: bytes, now: datetime) -> int:
        return 0

    monkeypatch.setattr(idempotency, "reserve_key", reserve_nothing)
    with pytest.raises(AssertionError):
        check_many_at_once_have_one_effect(app)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_a_second_reservation_of_a_key(app: Flask) -> None:
    row = {"actor_id": 1, "key": "k", "digest": b"", "created_at": NOW}
    with writing() as session:
        session.add(StoredAnswer(**row))
    with pytest.raises(IntegrityError, match=r"(?i)unique"), writing() as session:
        session.add(StoredAnswer(**row))
