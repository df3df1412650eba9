"""The export of one's own data: everything that names a person, and nothing of others."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import pytest
from flask import Flask
from sqlalchemy import select

from tests.stored import stored
from tests.world.booking import World, a_member, a_used_session, build
from tests.world.daytime import day_now
from tests.world.people import signed_in
from tests.world.surveys import hold_passes
from zone.booking.bookings.models import Booking
from zone.core.db.transactions import reading, writing
from zone.core.db.types import Base
from zone.core.personal_data import PersonalData
from zone.core.time import helsinki_date
from zone.members.privacy import queries as privacy_queries
from zone.members.sign_in_sessions.models import SignInSession
from zone.reporting.kpis import service as kpis
from zone.web.context import personal_data_of

NOW = day_now()
YEAR = helsinki_date(NOW - timedelta(days=2)).year


@pytest.fixture
def world(app: Flask) -> World:
    world = stored(build)
    with writing() as session:
        kpis.set_target(
            session,
            key="A",
            first_year=2021,
            baseline="1870",
            baseline_of="2019",
            goal="2500",
            now=NOW,
        )
    return world


def a_person_with_data(app: Flask, world: World) -> dict[str, Any]:
    a_used_session(world, came=1, stayed_away=0, now=NOW)
    with reading() as session:
        member = session.scalars(select(Booking.member_id)).one()
        assert member is not None
    body: dict[str, Any] = signed_in(app, member).get("/api/v1/me/export").get_json()
    return body


def test_the_export_has_all_of_a_person_and_nothing_of_others(app: Flask, world: World) -> None:
    with writing() as session:
        a_member(session, world, "somebody-else", now=NOW)
    body = a_person_with_data(app, world)
    assert body["person"]["email"] == "p0@zone.example"
    assert [(row["session"], row["state"]) for row in body["bookings"]] == [("Yoga", "attended")]
    assert body["passes"][0]["product"] == "Sports pass"
    assert body["other"]["sign_in_session"]
    assert "somebody-else" not in str(body)


def leaks(body: dict[str, Any]) -> bool:
    """Return whether a secret is in the export, which people store unprotected."""
    with reading() as session:
        secrets = [row.digest for row in session.scalars(select(SignInSession))]
    return any(secret.hex() in str(body) or repr(secret) in str(body) for secret in secrets)


def test_no_secret_is_in_the_export(app: Flask, world: World) -> None:
    assert not leaks(a_person_with_data(app, world))


@pytest.mark.thorough
@pytest.mark.planted_fault("an export of every column")
def test_an_export_of_every_column_fails_the_check(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy_queries, "_is_exported", lambda _column: True)
    monkeypatch.setattr(
        privacy_queries,
        "_plain",
        lambda value: value.hex() if isinstance(value, bytes) else str(value),
    )
    assert leaks(a_person_with_data(app, world))


NAMING: Final = frozenset({"email", "recipient", "holder", "kid", "actor_id"})
"""Columns that name a person or lead to one without a foreign key."""


def undeclared(declared: Sequence[PersonalData]) -> set[str]:
    """Every column that names a person or points to one, without those that a feature declares."""
    tables = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name in NAMING
        or any(key.target_fullname == "member.id" for key in column.foreign_keys)
    }
    return tables - {f"{data.table}.{column}" for data in declared for column in data.columns}


def test_every_column_that_names_a_person_is_declared_by_its_feature(app: Flask) -> None:
    declared = personal_data_of(app)
    assert undeclared(declared) == set()
    columns = [f"{data.table}.{column}" for data in declared for column in data.columns]
    assert len(columns) == len(set(columns)), "each is declared once"


@pytest.mark.planted_fault("a table about people that nobody declares")
def test_an_undeclared_table_about_people_is_found(app: Flask) -> None:
    declared = [data for data in personal_data_of(app) if data.table != "visit"]
    assert undeclared(declared) == {"visit.member_id"}


def test_nobody_exports_without_signing_in(app: Flask) -> None:
    hold_passes()
    assert app.test_client().get("/api/v1/me/export").status_code == 401
