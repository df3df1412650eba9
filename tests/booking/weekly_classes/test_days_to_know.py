"""Before a weekly class is saved, its days that are not as usual are named, over its whole time."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.booking import World
from tests.world.holidays import set_holidays
from tests.world.people import a_person
from tests.world.weekly_classes import TODAY
from zone.booking.weekly_classes import queries, rules
from zone.booking.weekly_classes.rules import ClassDay, Weekly
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki
from zone.places.calendar.rules import CalendarEntry
from zone.places.holidays.service import keep_normal
from zone.places.opening_hours.service import set_exception
from zone.places.spaces.queries import space_by_id
from zone.places.terms.service import create_season

NOW = datetime(2026, 9, 21, 9, tzinfo=UTC)
INVENTORY = dict.fromkeys(("fi", "sv", "en"), "Inventory")
SATURDAYS = Weekly((6,), time(17), 60, date(2026, 10, 1), date(2026, 12, 31))


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def days_of(world: World, when: Weekly = SATURDAYS, **place: int | None) -> list[ClassDay]:
    with reading() as session:
        return queries.days_to_know(session, place.get("space", world.studio), when, NOW)


@pytest.fixture
def autumn(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """All Saints' Day and the second day of Christmas are Saturdays; one Saturday has inventory."""
    set_holidays(
        monkeypatch,
        {date(2026, 10, 31): "All Saints", date(2026, 12, 6): "I", date(2026, 12, 26): "Boxing"},
    )
    with writing() as session:
        set_exception(
            session,
            campus_id=world.campus,
            day=date(2026, 11, 14),
            opens=time(7),
            closes=time(16),
            reason="Inventory",
        )
    return world


def test_days_without_hours_and_unplanned_holidays_are_named(autumn: World) -> None:
    assert [(one.day, one.kind) for one in days_of(autumn)] == [
        (date(2026, 10, 31), "unplanned"),
        (date(2026, 11, 14), "closed"),
        (date(2026, 12, 26), "unplanned"),
    ]
    with writing() as session:
        keep_normal(session, autumn.campus, date(2026, 10, 31), NOW)
        set_exception(
            session,
            campus_id=autumn.campus,
            day=date(2026, 12, 26),
            opens=None,
            closes=None,
            reason="Boxing Day",
            reasons={"fi": "Tapaninpäivä"},
        )
    first, second, third = days_of(autumn)
    assert (first.kind, second) == ("holiday", ClassDay(date(2026, 11, 14), "closed", INVENTORY))
    assert (third.kind, third.names) == ("closed", dict.fromkeys(("fi", "sv", "en"), "Boxing"))


def test_a_class_that_is_held_online_needs_no_open_campus(autumn: World) -> None:
    found = days_of(autumn, space=None)
    assert [(one.day, one.kind) for one in found] == [
        (date(2026, 10, 31), "holiday"),
        (date(2026, 12, 26), "holiday"),
    ]


def test_days_of_a_break_are_named_and_a_holiday_in_it_goes_first() -> None:
    break_ = CalendarEntry("break", date(2026, 10, 26), date(2026, 11, 8))
    holiday = CalendarEntry(
        "holiday", date(2026, 10, 31), date(2026, 10, 31), INVENTORY, "unplanned"
    )
    days = [
        (day, from_helsinki(day, time(17)), from_helsinki(day, time(18)))
        for day in (date(2026, 10, 24), date(2026, 10, 31), date(2026, 11, 7))
    ]
    assert rules.days_to_know(days, None, [break_, holiday]) == [
        ClassDay(date(2026, 10, 31), "unplanned", INVENTORY),
        ClassDay(date(2026, 11, 7), "break"),
    ]


def test_a_class_is_looked_at_over_a_coming_term_and_no_further(autumn: World) -> None:
    far = Weekly((6,), time(17), 60, date(2026, 10, 1), date(2099, 12, 31))
    days = days_of(autumn, far)
    assert max(one.day for one in days) < date(2027, 12, 31)
    assert days_of(autumn, Weekly((6,), time(17), 60, date(2090, 1, 1), date(2090, 2, 1))) == []


def test_the_preview_and_the_api_tell_of_days_beyond_the_sessions_that_are_made(
    manager: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon, late = (TODAY + timedelta(days=days) for days in (14, 98))
    set_holidays(monkeypatch, {soon: "Soon", late: "Late"})
    with writing() as session:
        for day in (soon, late):
            set_exception(
                session,
                campus_id=world.campus,
                day=day,
                opens=None,
                closes=None,
                reason=f"{day}",
                reasons={"fi": "Syy"},
            )
    body = a_request(world, TODAY + timedelta(days=105))
    made = manager.post("/api/v1/classes", json=body, headers={"Idempotency-Key": "a" * 20})
    assert made.status_code == 201, made.json
    assert made.get_json()["closed"][:1] == [str(soon)]
    assert [(one["day"], one["kind"], one["names"]["en"]) for one in made.get_json()["days"]] == [
        (str(soon), "closed", "Soon"),
        (str(late), "closed", "Late"),
    ]
    page = manager.get(f"/manage/classes/{made.get_json()['id']}?lang=en").text
    assert "Breaks, holidays and other hours" in page
    assert "Late" in page


def a_request(world: World, last: date) -> dict[str, Any]:
    with reading() as session:
        studio = space_by_id(session, world.studio).public_id
    return {
        "name": {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"},
        "category": "mind",
        "space": str(studio),
        "weekdays": [TODAY.isoweekday()],
        "starts_at": "17:00",
        "minutes": 60,
        "first_on": str(TODAY + timedelta(days=7)),
        "last_on": str(last),
    }


def test_the_preview_names_a_break_and_a_closed_day_later(
    manager: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing() as session:
        create_season(
            session,
            code="later",
            kind="spring",
            starts_on=TODAY + timedelta(days=150),
            ends_on=TODAY + timedelta(days=200),
            now=utc_now() - timedelta(days=1),
            breaks=[(day.isocalendar()[0], day.isocalendar()[1]) for day in _days(150, 200)],
        )
    set_holidays(monkeypatch, {TODAY + timedelta(days=98): "Late"})
    form = a_request(world, TODAY + timedelta(days=168))
    names = {f"name-{code}": name for code, name in form.pop("name").items()}
    shown = manager.post("/manage/classes?lang=en", data=form | names | {"preview": "1"})
    assert shown.status_code == 200, shown.text
    assert "Public holidays without a plan yet" in shown.text
    assert "(Late)" in shown.text
    assert "Held in a break too" in shown.text


def _days(first: int, last: int) -> list[date]:
    return [TODAY + timedelta(days=days) for days in range(first, last + 1)]
