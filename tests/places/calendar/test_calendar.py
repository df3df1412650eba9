"""The calendar of a campus: breaks, public holidays and days with other hours, by day."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.stored import stored
from tests.world.booking import NOW, World, a_person, build
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.places.calendar import queries, rules
from zone.places.calendar.rules import CalendarEntry
from zone.places.opening_hours.service import set_exception
from zone.places.terms.service import mark_week

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def world(app: Flask) -> World:
    return stored(build)


def test_weeks_of_a_break_that_follow_each_other_are_one() -> None:
    weeks = [(2026, 42, False), (2026, 43, False), (2026, 44, True), (2026, 53, False)]
    found = rules.breaks(weeks, date(2026, 8, 31), date(2026, 12, 30))
    assert [(one.first, one.last) for one in found] == [
        (date(2026, 10, 12), date(2026, 10, 25)),
        (date(2026, 12, 28), date(2026, 12, 30)),
    ]
    assert rules.breaks(weeks, date(2026, 11, 1), date(2026, 11, 30)) == []


def a_day(campus: int, day: date, hours: tuple[time, time] | None, reason: str) -> None:
    opens, closes = hours or (None, None)
    with writing() as session:
        set_exception(session, campus_id=campus, day=day, opens=opens, closes=closes, reason=reason)


def test_a_calendar_has_what_is_not_as_usual(world: World) -> None:
    a_day(world.campus, date(2026, 10, 31), None, "All Saints")
    a_day(world.campus, date(2026, 11, 3), (time(10), time(14)), "Inventory")
    with writing() as session:
        mark_week(session, iso_year=2026, iso_week=42, regular=False, now=LATER)
    with reading() as session:
        found = queries.calendar(session, world.campus, date(2026, 10, 1), date(2026, 12, 6), LATER)
        online = queries.calendar(session, None, date(2026, 10, 1), date(2026, 12, 6), LATER)
    assert [(one.kind, one.first, one.state) for one in found] == [
        ("break", date(2026, 10, 12), None),
        ("holiday", date(2026, 10, 31), "closed"),
        ("other_hours", date(2026, 11, 3), "hours"),
        ("holiday", date(2026, 12, 6), "unplanned"),
    ]
    assert [one.kind for one in online] == ["break", "holiday", "holiday"]
    assert [one.is_closed for one in found] == [False, True, False, False]
    assert found[2] == CalendarEntry(
        "other_hours",
        date(2026, 11, 3),
        date(2026, 11, 3),
        dict.fromkeys(("fi", "sv", "en"), "Inventory"),
        "hours",
        [(time(10), time(14))],
    )


@pytest.fixture
def manager(app: Flask, world: World) -> FlaskClient:
    return a_person(app, world, "manager", utc_now(), "manager")


def test_the_api_tells_it(manager: FlaskClient, world: World) -> None:
    def ask(**query: Any) -> Any:
        return manager.get("/api/v1/calendar", query_string=query)

    answer = ask(**{"from": "2026-12-01", "to": "2026-12-31", "campus": "myllypuro"})
    assert answer.status_code == 200, answer.json
    found = answer.get_json()["calendar"]
    assert [one["first"] for one in found] == [
        "2026-12-06",
        "2026-12-24",
        "2026-12-25",
        "2026-12-26",
    ]
    assert found[1]["names"]["sv"] == "Julafton"
    assert found[1]["hours"] == [{"opens": "07:00", "closes": "22:00"}]
    assert ask(**{"from": "2026-12-01", "to": "2026-12-31", "campus": "x"}).status_code == 404
    for wrong in (
        {"from": "2026-12-02", "to": "2026-12-01"},
        {"from": "2026-01-01", "to": "2027-12-31"},
        {"from": "2026-12-02"},
        {"from": "9999-12-01", "to": "9999-12-31"},
    ):
        assert ask(**wrong).status_code == 422, wrong
