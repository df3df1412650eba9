"""Prepared statements: the rows and errors are those of SQLAlchemy's own execution."""

import uuid
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import Connection, NullPool, bindparam, create_engine, or_, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from zone.core.db.engine import db
from zone.core.db.prepared_select import PreparedInsert, PreparedSelect
from zone.core.db.transactions import open_read_connection, writing
from zone.core.errors import DomainError
from zone.members.eligibility.models import EligibilityProof
from zone.members.people.models import Member
from zone.members.sign_in.models import SignInCode
from zone.passes.catalogue.models import Product
from zone.passes.passes.models import Pass

NOW = datetime(2026, 10, 25, 0, 30, 0, 1, tzinfo=UTC)
HANG_UP = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

_member, _pass, _proof = Member.__table__, Pass.__table__, EligibilityProof.__table__
_code = SignInCode.__table__
SELECT = (
    select(
        _member.c.id,
        _member.c.public_id,
        _member.c.created_at,
        (_member.c.name == "Aino").label("is_aino"),
        _pass.c.entitlements,
        _pass.c.ends_on,
        _proof.c.valid_until,
    )
    .select_from(
        _member.outerjoin(_pass, _pass.c.member_id == _member.c.id).outerjoin(
            _proof, _proof.c.id == -1
        )
    )
    .where(
        _member.c.public_id == bindparam("who"),
        _member.c.created_at <= bindparam("now"),
        or_(_pass.c.ends_on >= bindparam("day"), _member.c.name == "nobody"),
    )
)


def stored(who: uuid.UUID) -> None:
    """A person with a pass."""
    with writing() as session:
        member = Member(
            public_id=who, holder=7, email="aino@example.org", name="Aino", created_at=NOW
        )
        product = Product(
            code="term",
            kind="sports_pass",
            name_fi="A",
            name_sv="B",
            name_en="C",
            entitlements=["gym"],
            campuses=[],
            duration="days",
            length_days=9,
            vat_category="exercise",
        )
        session.add_all([member, product])
        session.flush()
        session.add(
            Pass(
                public_id=uuid.uuid4(),
                member_id=member.id,
                product_id=product.id,
                kind="sports_pass",
                entitlements=["gym", "class"],
                campuses=[],
                starts_on=date(2026, 9, 1),
                ends_on=date(2026, 12, 20),
            )
        )


def test_the_rows_are_those_of_sqlalchemy(app: Flask) -> None:
    who, prepared = uuid.uuid4(), PreparedSelect(SELECT)
    stored(who)
    parameters = {"who": who, "now": NOW, "day": date(2026, 12, 20)}
    with open_read_connection() as connection:
        # Eight times, because psycopg prepares a statement on the server after some executions.
        answers = [prepared.fetch(connection, **parameters) for _ in range(8)]
        expected = connection.execute(SELECT, parameters).all()
    assert len(expected) == 1
    assert expected[0].created_at == NOW
    assert all([tuple(row) for row in rows] == [tuple(row) for row in expected] for rows in answers)
    assert (answers[0][0].public_id, answers[0][0].entitlements) == (who, ["gym", "class"])


def test_a_prepared_select_sees_what_its_transaction_has_written(app: Flask) -> None:
    prepared = PreparedSelect(select(_member.c.name).where(_member.c.holder == bindparam("holder")))
    with writing() as session:
        session.add(
            Member(
                public_id=uuid.uuid4(), holder=7, email="a@example.org", name="Aino", created_at=NOW
            )
        )
        session.flush()
        assert [row.name for row in prepared.fetch(session.connection(), holder=7)] == ["Aino"]
        with open_read_connection() as outside:
            assert prepared.fetch(outside, holder=7) == []


@pytest.mark.own_database
def test_an_error_of_the_driver_is_raised_as_by_sqlalchemy_without_parameters(
    app: Flask,
) -> None:
    prepared = PreparedSelect(select(_code.c.id).where(_code.c.email == bindparam("email")))
    with writing() as session:
        session.execute(text("DROP TABLE sign_in_code"))
    with (
        pytest.raises(DBAPIError, match="sign_in_code") as caught,
        open_read_connection() as connection,
    ):
        prepared.fetch(connection, email="aino@example.org")
    assert "aino" not in str(caught.value)


def check_that_a_lost_connection_is_not_used_again() -> None:
    """The server closes the connection between two statements: one fails, the next one works."""
    prepared = PreparedSelect(select(_member.c.id))
    with open_read_connection() as connection:
        prepared.fetch(connection)
        with create_engine(db.engine.url, poolclass=NullPool).connect() as server:
            server.execute(text(HANG_UP))
        with pytest.raises(OperationalError):
            prepared.fetch(connection)
    with open_read_connection() as connection:
        assert prepared.fetch(connection) == []


# A file has no server that could go away.
@pytest.mark.engines("postgresql")
@pytest.mark.own_database
def test_a_lost_connection_is_not_used_again(app: Flask) -> None:
    check_that_a_lost_connection_is_not_used_again()


@pytest.mark.thorough
@pytest.mark.engines("postgresql")
@pytest.mark.own_database
@pytest.mark.planted_fault("a lost connection is not invalidated")
def test_without_invalidation_a_lost_connection_is_used_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "invalidate", lambda _connection, _error: None)
    with pytest.raises(OperationalError):
        check_that_a_lost_connection_is_not_used_again()


def test_a_prepared_insert_stores_and_returns_a_row(app: Flask) -> None:
    columns = [_code.c.id, _code.c.digest, _code.c.created_at]
    names = [column.name for column in _code.c if column.name != "id"]
    prepared = PreparedInsert(SignInCode, names, *columns)
    row = dict.fromkeys(names) | {
        "email": "aino@example.org",
        "digest": b"\0d",
        "created_at": NOW,
        "tries": 0,
    }
    with writing() as session:
        (told,) = prepared.fetch(session.connection(), **row)
        again = prepared.fetch_many(session.connection(), [row, row | {"digest": b"other"}])
        stored_rows = session.execute(select(*columns).order_by(_code.c.id)).all()
    assert [tuple(one) for one in (told, *again)] == [tuple(one) for one in stored_rows]


def test_a_prepared_insert_refused_by_a_key_is_the_error_of_its_constraint(app: Flask) -> None:
    stored(uuid.uuid4())
    names = ("public_id", "holder", "email", "name", "language", "more_time", "created_at")
    prepared = PreparedInsert(Member, names, _member.c.id)
    values = (uuid.uuid4(), 8, "aino@example.org", "Aino", "en", False, NOW)
    with pytest.raises(DomainError, match="member_exists"), writing() as session:
        prepared.fetch(session.connection(), **dict(zip(names, values, strict=True)))


def test_a_prepared_insert_without_a_column_that_python_fills_is_refused(app: Flask) -> None:
    prepared = PreparedInsert(Member, ("public_id", "holder", "email", "name"), _member.c.id)
    with pytest.raises(TypeError, match="give language, more_time too"), writing() as session:
        prepared.fetch_many(session.connection(), [])


def test_a_statement_of_any_length_may_name_a_value_twice_and_hold_percent_signs(
    app: Flask,
) -> None:
    who = _member.c.email == bindparam("who", required=True)
    statement = select(_member.c.id).where(
        or_(who, *(_member.c.name.like(f"x{number:03}%") for number in range(300))),
        who,
        _member.c.id > bindparam("over", required=True),
    )
    with writing() as session:
        named = {"email": "aino@zone.example", "name": "Aino", "language": "fi"}
        session.add(Member(public_id=uuid.uuid4(), holder=7, created_at=NOW, **named))
    with open_read_connection() as connection:
        prepared = PreparedSelect(statement)
        assert len(prepared.fetch(connection, who="aino@zone.example", over=0)) == 1
        assert not prepared.fetch(connection, who="nobody", over=0)
