"""Transactions, time zones, names of constraints, and connections that the server has closed."""

import uuid
from datetime import UTC, datetime

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from zone.app import create_app
from zone.core.config import Settings
from zone.core.db import engine
from zone.core.db.constraints import constraint_name
from zone.core.db.engine import READER, db
from zone.core.db.transactions import open_read_connection, reading, writing
from zone.core.errors import DomainError
from zone.core.ids import new_holder
from zone.members.people.models import Member
from zone.places.campuses.models import Campus

NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def a_member(email: str, holder: int | None = None) -> Member:
    return Member(
        public_id=uuid.uuid4(),
        holder=holder or new_holder(),
        email=email,
        name="Testi Henkilö",
        created_at=NOW,
    )


def test_a_time_is_read_aware_and_unchanged(app: Flask) -> None:
    with writing() as session:
        session.add(a_member("a@example.org"))
    with reading() as session:
        stored = session.scalars(select(Member.created_at)).one()
    assert stored == NOW
    assert stored.tzinfo is UTC


def test_a_naive_time_never_reaches_the_database(app: Flask) -> None:
    member = a_member("a@example.org")
    member.created_at = datetime(2026, 1, 1)  # noqa: DTZ001 -- the fault itself
    with pytest.raises(Exception, match="naive"), writing() as session:
        session.add(member)


def test_a_violated_unique_key_has_the_same_name_on_both_engines(app: Flask) -> None:
    with writing() as session:
        session.add(Campus(code="pasila", name="Pasila"))
    with pytest.raises(DomainError) as caught, writing() as session:
        session.add(Campus(code="pasila", name="Pasila again"))
    cause = caught.value.__cause__
    assert isinstance(cause, IntegrityError)
    assert constraint_name(cause) == "uq_campus_code"
    assert caught.value.code == "campus_exists"


def test_a_violated_check_has_the_same_name_on_both_engines(app: Flask) -> None:
    with pytest.raises(IntegrityError) as caught, writing() as session:
        session.add(a_member("a@example.org", holder=-1))
    assert constraint_name(caught.value) == "ck_member_holder"


def test_an_error_rolls_the_transaction_back(app: Flask) -> None:
    with pytest.raises(RuntimeError), writing() as session:
        session.add(Campus(code="pasila", name="Pasila"))
        session.flush()
        raise RuntimeError
    with reading() as session:
        assert session.scalars(select(Campus)).all() == []


# PostgreSQL's own default.
@pytest.mark.engines("sqlite")
def test_sqlite_commits_are_on_disk_before_they_are_acknowledged(app: Flask) -> None:
    with reading() as session:
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def check_that_reading_cannot_write() -> None:
    """A session for queries and a read connection cannot write; the next reader is unaffected."""
    with pytest.raises(DBAPIError, match=r"read-?only"), reading() as session:
        session.add(Campus(code="pasila", name="Pasila"))
        session.commit()
    with pytest.raises(DBAPIError, match=r"read-?only"), open_read_connection() as connection:
        connection.execute(insert(Campus).values(code="malmi", name="Malmi"))
        connection.commit()
    with reading() as session:
        assert session.scalars(select(Campus.code)).all() == []


def test_read_connections_cannot_write(app: Flask) -> None:
    check_that_reading_cannot_write()


@pytest.mark.thorough
@pytest.mark.planted_fault("the reader's connections may write")
@pytest.mark.engines("sqlite", "postgresql")
def test_without_the_databases_refusal_a_write_is_stored(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "READ_ONLY", "")
    monkeypatch.setattr(engine, "_sqlite_only_read", lambda _connection, _record: None)
    with create_app(settings).app_context():
        try:
            with pytest.raises(pytest.fail.Exception):
                check_that_reading_cannot_write()
            with reading() as session:
                assert session.scalars(select(Campus.code)).all() == ["pasila"]
        finally:
            db.engine.dispose()


# PostgreSQL shows what is committed, statement by statement.
@pytest.mark.engines("sqlite")
def test_a_session_for_queries_sees_one_snapshot_on_sqlite(app: Flask) -> None:
    with reading() as session:
        before = session.scalars(select(Campus.code)).all()
        with writing() as other:
            other.add(Campus(code="pasila", name="Pasila"))
        assert session.scalars(select(Campus.code)).all() == before == []
    with reading() as session:
        assert session.scalars(select(Campus.code)).all() == ["pasila"]


@pytest.mark.own_database
def test_disposing_of_the_engine_closes_the_readers_too(app: Flask) -> None:
    with reading() as session:
        session.execute(text("SELECT 1"))
    assert db.engines[READER].pool.checkedin() == 1  # type: ignore[attr-defined]  # of QueuePool
    db.engine.dispose()
    assert db.engines[READER].pool.checkedin() == 0  # type: ignore[attr-defined]  # of QueuePool


def check_that_a_restarted_server_is_not_noticed(url: str) -> None:
    """After the server has closed every connection of the pools, the next statements work."""
    for _ in range(2):
        with reading() as session:
            assert session.scalars(select(Campus.code)).all() == []
        with writing() as session:
            session.execute(text("SELECT 1"))
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
            cut = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
            other.execute(f"{cut} WHERE datname = current_database() AND pid <> pg_backend_pid()")


# SQLite has no server.
@pytest.mark.engines("postgresql")
@pytest.mark.own_database
def test_a_connection_that_the_server_has_cut_is_replaced_before_it_is_used(
    app: Flask, settings: Settings
) -> None:
    check_that_a_restarted_server_is_not_noticed(settings.database)


# SQLite has no server.
@pytest.mark.thorough
@pytest.mark.engines("postgresql")
@pytest.mark.own_database
@pytest.mark.planted_fault("the end of a connection is not noticed")
def test_without_the_test_of_a_connection_a_statement_fails(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_has_hung_up", lambda _connection: False)
    with pytest.raises(OperationalError):
        check_that_a_restarted_server_is_not_noticed(settings.database)
