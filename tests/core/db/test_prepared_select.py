"""A question put to the driver itself: answers and errors are those of SQLAlchemy's own way."""

import uuid
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import Connection, NullPool, bindparam, create_engine, or_, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from zone.core.db.engine import db
from zone.core.db.prepared_select import PreparedSelect
from zone.core.db.transactions import reader, writing
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
ASKED = (
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


def test_a_question_is_answered_as_sqlalchemy_answers_it(app: Flask) -> None:
    who, question = uuid.uuid4(), PreparedSelect(ASKED)
    stored(who)
    asked = {"who": who, "now": NOW, "day": date(2026, 12, 20)}
    with reader() as connection:
        answers = [
            question.fetch(connection, **asked) for _ in range(8)
        ]  # psycopg prepares it on the way
        expected = connection.execute(ASKED, asked).all()
    assert len(expected) == 1
    assert expected[0].created_at == NOW
    assert all([tuple(row) for row in rows] == [tuple(row) for row in expected] for rows in answers)
    assert (answers[0][0].public_id, answers[0][0].entitlements) == (who, ["gym", "class"])


def test_a_question_sees_what_its_transaction_has_written(app: Flask) -> None:
    question = PreparedSelect(select(_member.c.name).where(_member.c.holder == bindparam("holder")))
    with writing() as session:
        session.add(
            Member(
                public_id=uuid.uuid4(), holder=7, email="a@example.org", name="Aino", created_at=NOW
            )
        )
        session.flush()
        assert [row.name for row in question.fetch(session.connection(), holder=7)] == ["Aino"]
        with reader() as outside:
            assert question.fetch(outside, holder=7) == []


@pytest.mark.own_database
def test_what_the_driver_refuses_is_raised_as_sqlalchemy_raises_it_without_what_was_asked(
    app: Flask,
) -> None:
    question = PreparedSelect(select(_code.c.id).where(_code.c.email == bindparam("email")))
    with writing() as session:
        session.execute(text("DROP TABLE sign_in_code"))
    with pytest.raises(DBAPIError, match="sign_in_code") as caught, reader() as connection:
        question.fetch(connection, email="aino@example.org")
    assert "aino" not in str(caught.value)


def check_that_a_lost_connection_is_not_used_again() -> None:
    """The server hangs up between two questions: one of them fails as busy, and the next one is answered."""
    question = PreparedSelect(select(_member.c.id))
    with reader() as connection:
        question.fetch(connection)
        with create_engine(db.engine.url, poolclass=NullPool).connect() as server:
            server.execute(text(HANG_UP))
        with pytest.raises(OperationalError):
            question.fetch(connection)
    with reader() as connection:
        assert question.fetch(connection) == []


@pytest.fixture
def on_a_server(app: Flask, engine_name: str) -> Flask:
    if engine_name == "sqlite":
        pytest.skip("a file has no server that could go away")
    return app


@pytest.mark.own_database
def test_a_lost_connection_is_not_used_again(on_a_server: Flask) -> None:
    check_that_a_lost_connection_is_not_used_again()


@pytest.mark.own_database
@pytest.mark.planted_fault("a lost connection is not invalidated")
def test_without_the_notice_a_lost_connection_comes_back(
    on_a_server: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "invalidate", lambda _connection, _error: None)
    with pytest.raises(OperationalError):
        check_that_a_lost_connection_is_not_used_again()
