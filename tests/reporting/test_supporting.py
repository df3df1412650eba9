"""The supporting figures, and the spreadsheet of all figures."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.stored import stored
from tests.world.booking import World, a_used_session, build
from tests.world.daytime import day_now
from tests.world.people import a_person
from zone.booking.bookings.models import Booking
from zone.booking.no_shows import service as no_shows
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import Window, helsinki_date, year_window
from zone.passes.activations import queries as activations_queries
from zone.passes.activations.queries import Activation
from zone.reporting.charts.rules import HourVisits
from zone.reporting.kpis import service as kpis
from zone.reporting.kpis.queries import Provenance
from zone.reporting.reports import spreadsheet, views
from zone.reporting.supporting.queries import SupportingFigure, supporting

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


def figures() -> dict[str, SupportingFigure]:
    with reading() as session:
        return {item.key: item for item in supporting(session, YEAR, utc_now())}


def test_no_shows_and_filled_places_are_counted(world: World) -> None:
    a_used_session(world, came=3, stayed_away=1, now=NOW)
    found = figures()
    assert (found["no_shows"].part, found["no_shows"].whole, found["no_shows"].percent) == (
        1,
        4,
        Decimal("25.0"),
    )
    assert (found["filled"].part, found["filled"].whole) == (4, 7)


def test_an_old_figure_is_the_same_after_a_correction(world: World) -> None:
    a_used_session(world, came=1, stayed_away=1, now=NOW)
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
def test_reading_todays_state_changes_the_old_figure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zone.reporting.supporting import queries as supporting_queries

    def today(session: Any, _window: Any, _as_of: Any) -> list[tuple[str, str, int]]:
        return [
            (row.public_id.hex, row.state, row.session_id)
            for row in session.scalars(select(Booking))
        ]

    monkeypatch.setattr(supporting_queries, "booked", today)
    with pytest.raises(AssertionError):
        test_an_old_figure_is_the_same_after_a_correction(world)


def people_shown(
    monkeypatch: pytest.MonkeyPatch, sizes: dict[str, int]
) -> dict[str | None, int | None]:
    """Return the published number of people of each institution, None where it is hidden."""
    in_march = datetime(2026, 3, 20, tzinfo=UTC)
    members = [
        Activation(f"{code}{n}", "sports_pass", in_march, hash((code, n)), code)
        for code, size in sizes.items()
        for n in range(size)
    ]

    def in_window(_session: Session, window: Window, *_: object, **__: object) -> list[Activation]:
        return [item for item in members if window[0] <= item.activated_at < window[1]]

    monkeypatch.setattr(activations_queries, "activations", in_window)
    with reading() as session:
        figures = supporting(session, 2026, datetime(2026, 10, 5, tzinfo=UTC))
    people = [item for item in figures if item.key == "people"]
    assert all(item.provenance.rows == {} for item in people if item.hidden)
    return {item.group: None if item.hidden else item.part for item in people}


@pytest.mark.usefixtures("world")
def test_a_small_institution_cannot_be_worked_out_from_the_total(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = people_shown(monkeypatch, {"arcada": 3, "diak": 7, "laurea": 20})
    assert shown == {"arcada": None, "diak": None, "laurea": 20}
    shown = people_shown(monkeypatch, {"arcada": 5, "diak": 7})
    assert shown == {"arcada": 5, "diak": 7}


def test_the_spreadsheet_has_every_figure_of_the_page_with_its_provenance(
    app: Flask, world: World
) -> None:
    a_used_session(world, came=1, stayed_away=0, now=NOW)
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


def test_invalid_spreadsheets_are_refused_and_students_get_none(app: Flask, world: World) -> None:
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


def test_no_cell_is_a_formula() -> None:
    assert [spreadsheet.safe(value) for value in ("=1+1", "@x", "-5.5", "-x", None)] == [
        "'=1+1",
        "'@x",
        "-5.5",
        "'-x",
        "",
    ]


def test_where_one_is_missing_a_figure_is_not_a_hundred_percent() -> None:
    window = year_window(YEAR)
    provenance = Provenance("S4-1", window, NOW, {}, "")
    assert str(SupportingFigure("captured", provenance, 1999, 2000).percent) == "99.9"
    heat = views.heat(HourVisits(date(2026, 1, 5), date(2026, 2, 1), {(1, 17): 200}, 199), [])
    assert heat.seen == 99
