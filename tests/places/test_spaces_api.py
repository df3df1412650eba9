"""Spaces by JSON: managers make them out of parts and set their rules."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from tests.stored import stored
from tests.world.booking import World, a_person, build
from tests.world.daytime import day_now
from tests.world.people import a_browser
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.constraints import constraint_name
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.places.opening_hours.models import OpeningException
from zone.places.spaces.models import Part, Space

TODAY = helsinki_date(day_now())

PATH = "/api/v1/spaces"


@pytest.fixture
def world(app: Flask) -> World:
    return stored(build)


@pytest.fixture
def now() -> datetime:
    return utc_now()


@pytest.fixture
def manager(app: Flask, world: World, now: datetime) -> FlaskClient:
    return a_person(app, world, "manager", now, "manager")


def half(**more: Any) -> dict[str, Any]:
    return {
        "campus": "myllypuro",
        "code": "half",
        "name": {"fi": "Puolikas", "sv": "Halvan", "en": "Half"},
        "capacity": 30,
        "parts": ["third-1", "third-2", "gallery"],
        "own_use": True,
        **more,
    }


def test_a_space_is_made_of_parts_that_others_share(manager: FlaskClient, world: World) -> None:
    made = manager.post(
        PATH, json=half(companions=3, after_minutes=10), headers={"Idempotency-Key": "k"}
    )
    again = manager.post(
        PATH, json=half(companions=3, after_minutes=10), headers={"Idempotency-Key": "k"}
    )
    assert (made.status_code, again.json) == (201, made.json), made.json
    assert (made.get_json()["parts"], made.get_json()["version"]) == (
        ["gallery", "third-1", "third-2"],
        1,
    )
    assert (made.get_json()["after_minutes"], made.get_json()["step_minutes"]) == (10, None)
    with reading() as session:
        assert session.scalar(select(func.count(Part.id))) == 5, (
            "three thirds, the studio and the new gallery"
        )
        assert session.scalars(select(AuditRow.action)).all() == ["space.create"]
    listed = a_browser(manager.application).get(f"{PATH}?campus=myllypuro").get_json()["spaces"]
    assert [one["code"] for one in listed] == ["court-1", "court-2", "half", "hall", "studio"]


def test_a_code_is_given_once(manager: FlaskClient, world: World) -> None:
    refused = manager.post(PATH, json=half(code="hall"))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "space_exists")
    assert manager.post(PATH, json=half(campus="nowhere")).status_code == 404


def test_a_change_needs_the_version_that_was_read(manager: FlaskClient, world: World) -> None:
    path = f"{PATH}/{world.court_1}"
    changed = manager.patch(
        path, json={"version": 1, "companions": 1, "name": {"fi": "A", "sv": "B", "en": "C"}}
    )
    assert (changed.status_code, changed.get_json()["version"]) == (200, 2), changed.json
    assert (changed.get_json()["companions"], changed.get_json()["name"]["en"]) == (1, "C")
    stale = manager.patch(path, json={"version": 1, "companions": 2})
    assert (stale.status_code, stale.get_json()["code"]) == (409, "edited_meanwhile")
    assert (stale.get_json()["version"], stale.get_json()["changed"]) == (2, ["companions"])
    with reading() as session:
        [row] = session.scalars(select(AuditRow)).all()
    assert (row.action, row.object_id) == ("space.change", str(world.court_1))
    assert (
        manager.patch(f"{PATH}/{uuid.uuid4()}", json={"version": 1, "companions": 1}).status_code
        == 404
    )


def test_inconsistent_numbers_are_refused(manager: FlaskClient, world: World) -> None:
    path = f"{PATH}/{world.court_1}"
    refused = manager.patch(path, json={"version": 1, "least_minutes": 90, "most_minutes": 60})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "space_invalid")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"step_minutes": 7}, "step_minutes"),
        ({"after_minutes": 3}, "after_minutes"),
        ({"parts": []}, "parts"),
        ({"parts": ["Ä"]}, "parts"),
        ({"capacity": 0}, "capacity"),
        ({"code": "A b"}, "code"),
        ({"x": 1}, "x"),
        ({"own_use": "yes"}, "own_use"),
        ({"name": "Half"}, "name"),
    ],
)
def test_bad_input_is_refused_with_its_field_and_stored_nowhere(
    manager: FlaskClient, world: World, change: dict[str, Any], field: str
) -> None:
    answer = manager.post(PATH, json=half(**change))
    assert answer.status_code == 422
    assert list(answer.get_json()["fields"]["json"]) == [field]
    with reading() as session:
        assert session.scalar(select(func.count(Space.id))) == 4


@pytest.mark.parametrize(
    "body", [{"version": 1}, {"version": 1, "parts": ["third-1"]}, {"companions": 1}]
)
def test_a_change_says_what_and_never_the_parts(
    manager: FlaskClient, world: World, body: dict[str, Any]
) -> None:
    assert manager.patch(f"{PATH}/{world.court_1}", json=body).status_code == 422


def test_hours_are_set_from_a_day_on(manager: FlaskClient, world: World) -> None:
    weekday = TODAY.isoweekday()
    hours = {"weekdays": [weekday], "opens": "09:00", "closes": "18:00", "valid_from": str(TODAY)}
    path = "/api/v1/campuses/myllypuro/hours"
    assert manager.post(path, json=hours).status_code == 201
    assert manager.post(path, json=hours).get_json()["code"] == "hours_already_set"
    week = {day["weekday"]: day["hours"] for day in manager.get(path).get_json()["week"]}
    assert week.pop(weekday) == [{"opens": "09:00", "closes": "18:00"}]
    assert list(week.values()) == [[{"opens": "07:00", "closes": "22:00"}]] * 6
    assert manager.post(path, json=hours | {"opens": "18:00"}).get_json()["code"] == "hours_invalid"


def test_the_ordinary_hours_of_days_that_are_over_stay(manager: FlaskClient, world: World) -> None:
    yesterday = str(TODAY - timedelta(days=1))
    hours = {"weekdays": [6], "opens": "09:00", "closes": "18:00", "valid_from": yesterday}
    refused = manager.post("/api/v1/campuses/myllypuro/hours", json=hours)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "day_past")


def test_only_a_manager_may_make_and_change_spaces(app: Flask, world: World, now: datetime) -> None:
    desk = a_person(app, world, "desk", now, "desk")
    assert desk.post(PATH, json=half()).status_code == 403
    assert (
        desk.patch(f"{PATH}/{world.court_1}", json={"version": 1, "companions": 1}).status_code
        == 403
    )
    assert a_browser(app).post(PATH, json=half()).status_code == 401


def refused_by(statement: str) -> str | None:
    with pytest.raises((IntegrityError, DomainError)) as caught, writing() as session:
        session.execute(text(statement))
    error = caught.value.__cause__ if isinstance(caught.value, DomainError) else caught.value
    assert isinstance(error, IntegrityError)
    return constraint_name(error)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_inconsistent_numbers(world: World) -> None:
    changes = {
        "companions = -1": "companions",
        "step_minutes = 7": "step",
        "most_minutes = 0": "most",
        "least_minutes = 60, most_minutes = 30": "length",
        "before_minutes = 3": "before",
        "after_minutes = 125": "after",
        "capacity = 0": "capacity",
    }
    found = {change: refused_by(f"UPDATE space SET {change}") for change in changes}
    assert found == {change: f"ck_space_{name}" for change, name in changes.items()}


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_a_day_with_half_of_its_hours(world: World) -> None:
    with writing() as session:
        session.add(
            OpeningException(campus_id=world.campus, day=date(2026, 12, 6), reason="Closed")
        )
    assert (
        refused_by("UPDATE opening_exception SET opens = '10:00:00.000000'")
        == "ck_opening_exception_both"
    )
    at_once = "UPDATE opening_exception SET opens = '10:00:00.000000', closes = '10:00:00.000000'"
    assert refused_by(at_once) == "ck_opening_exception_order"
