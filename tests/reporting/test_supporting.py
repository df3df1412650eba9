"""Supporting figures, the sheet of everything shown, and what a person may have of their own data."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.booking import World, a_member, a_session, build
from tests.world.people import a_person, signed_in
from tests.world.surveys import hold_passes
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.no_shows import service as no_shows
from zone.booking.sessions import service as sessions
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.db.types import Base
from zone.core.time import helsinki_date
from zone.members.privacy import queries as privacy_queries
from zone.members.sign_in.models import StaffPassword
from zone.members.sign_in_sessions.models import SignInSession
from zone.reporting.kpis import service as kpis
from zone.reporting.reports import spreadsheet
from zone.reporting.supporting.queries import SupportingFigure, supporting

NOW = utc_now()
YEAR = helsinki_date(NOW - timedelta(days=2)).year


@pytest.fixture
def world(app: Flask) -> World:
    with writing() as session:
        kpis.set_target(session, key="A", first_year=2021, baseline="1870", baseline_of="2019", goal="2500", now=NOW)
        return build(session)


def a_used_session(world: World, *, came: int, stayed_away: int) -> None:
    """A session of yesterday with ten places, seven of which could be booked."""
    start = NOW - timedelta(days=2)
    with writing() as session:
        made = a_session(session, world, start=start, now=start - timedelta(days=3))
        ids = []
        for number in range(came + stayed_away):
            member = a_member(session, world, f"p{number}", now=start - timedelta(days=3))
            ids.append(
                bookings.book(session, member_id=member, class_session=made.public_id, now=start - timedelta(days=1)).id
            )
        sessions.mark_held(session, NOW)
        no_shows.mark_attended(session, ids[:came], NOW)
        no_shows.mark_no_shows(session, ids[came:], NOW)


def figures() -> dict[str, SupportingFigure]:
    with reading() as session:
        return {item.key: item for item in supporting(session, YEAR, utc_now())}


def test_no_shows_and_filled_places_are_counted(world: World) -> None:
    a_used_session(world, came=3, stayed_away=1)
    found = figures()
    assert (found["no_shows"].part, found["no_shows"].whole, found["no_shows"].percent) == (1, 4, Decimal("25.0"))
    assert (found["filled"].part, found["filled"].whole) == (4, 7)


def test_an_old_figure_is_the_same_after_a_correction(world: World) -> None:
    a_used_session(world, came=1, stayed_away=1)
    as_of = utc_now()
    with reading() as session:
        before = supporting(session, YEAR, as_of)
    with writing() as session:
        missed = session.scalars(select(Booking.id).where(Booking.state == "no_show")).one()
        no_shows.mark_attended(session, [missed], utc_now())
    with reading() as session:
        assert supporting(session, YEAR, as_of) == before
        assert supporting(session, YEAR, utc_now()) != before


@pytest.mark.planted_fault("the figure reads today's state")
def test_reading_todays_state_changes_the_old_figure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from zone.reporting.supporting import queries as supporting_queries

    def today(session: Any, _window: Any, _as_of: Any) -> list[tuple[str, str, int]]:
        return [(row.public_id.hex, row.state, row.session_id) for row in session.scalars(select(Booking))]

    monkeypatch.setattr(supporting_queries, "_bookings", today)
    with pytest.raises(AssertionError):
        test_an_old_figure_is_the_same_after_a_correction(world)


def test_the_sheet_has_every_figure_that_the_page_shows_with_its_receipt(app: Flask, world: World) -> None:
    a_used_session(world, came=1, stayed_away=0)
    manager = a_person(app, "manager")
    page = manager.get(f"/targets?year={YEAR}&lang=en").text
    link = page.split(f"/targets/{YEAR}.csv", 1)[1].split('"', 1)[0].replace("&amp;", "&")
    answer = manager.get(f"/targets/{YEAR}.csv{link}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix(spreadsheet.BOM))))
    assert [row["figure"] for row in rows][:1] == ["A"]
    assert {"no_shows", "filled", "captured"} <= {row["figure"] for row in rows}
    assert all(row["definition"] and row["as_of"] and len(row["sha256"]) == 64 for row in rows)
    assert all(row["sha256"][:16] in page or row["as_of"] not in page for row in rows)
    again = manager.get(f"/targets/{YEAR}.csv{link}")
    assert again.data == answer.data, "the same as-of time gives the same sheet"


def test_a_sheet_of_nonsense_is_refused_and_students_get_none(app: Flask, world: World) -> None:
    manager = a_person(app, "manager")
    for asked, status in (
        ("as_of=yesterday", 400),
        ("as_of=2026-01-01", 400),
        ("as_of=2099-01-01T00:00:00%2B00:00", 422),
    ):
        assert manager.get(f"/targets/{YEAR}.csv?{asked}").status_code == status, asked
    assert manager.get("/targets/1990.csv").status_code == 404
    assert a_person(app).get(f"/targets/{YEAR}.csv").status_code == 403
    assert a_person(app, "desk").get(f"/api/v1/targets/{YEAR}/supporting").status_code == 403
    assert manager.get(f"/api/v1/targets/{YEAR}/supporting").status_code == 200


def test_no_cell_is_taken_for_a_formula() -> None:
    assert [spreadsheet.safe(value) for value in ("=1+1", "@x", "-5.5", "-x", None)] == [
        "'=1+1",
        "'@x",
        "-5.5",
        "'-x",
        "",
    ]


def a_person_with_data(app: Flask, world: World) -> dict[str, Any]:
    a_used_session(world, came=1, stayed_away=0)
    with reading() as session:
        member = session.scalars(select(Booking.member_id)).one()
    body: dict[str, Any] = signed_in(app, member).get("/api/v1/me/export").get_json()
    return body


def test_a_person_gets_all_that_is_kept_of_them_and_nothing_of_others(app: Flask, world: World) -> None:
    with writing() as session:
        a_member(session, world, "somebody-else", now=NOW)
    body = a_person_with_data(app, world)
    assert body["person"]["email"] == "p0@zone.example"
    assert [(row["session"], row["state"]) for row in body["bookings"]] == [("Yoga", "attended")]
    assert body["passes"][0]["product"] == "Sports pass"
    assert body["other"]["sign_in_session"]
    assert "somebody-else" not in str(body)


def leaks(body: dict[str, Any]) -> bool:
    """Whether a secret is among what a person may download, where it would lie open on their disk."""
    with reading() as session:
        secrets = [row.digest for row in session.scalars(select(SignInSession))]
    return any(secret.hex() in str(body) or repr(secret) in str(body) for secret in secrets)


def test_no_secret_is_in_it(app: Flask, world: World) -> None:
    assert not leaks(a_person_with_data(app, world))


@pytest.mark.planted_fault("an export of every column")
def test_an_export_of_every_column_fails_the_check(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy_queries, "_told", lambda _column: True)
    monkeypatch.setattr(
        privacy_queries, "_plain", lambda value: value.hex() if isinstance(value, bytes) else str(value)
    )
    assert leaks(a_person_with_data(app, world))


def test_every_table_about_people_is_told_or_has_a_section() -> None:
    named = {table.name for table in privacy_queries.tables_about_people()}
    assert named >= privacy_queries.TOLD_IN_FULL
    assert StaffPassword.__tablename__ in privacy_queries.TOLD_IN_FULL
    assert named <= set(Base.metadata.tables)


def test_nobody_exports_without_signing_in(app: Flask) -> None:
    hold_passes()
    assert app.test_client().get("/api/v1/me/export").status_code == 401
