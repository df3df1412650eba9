"""What makes no sense is refused where it is planned, by page and by API."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import World, a_member
from tests.world.weekly_classes import TODAY, of_class
from zone.booking.weekly_classes.models import SessionRule
from zone.core.db.transactions import reading, writing
from zone.members.people.queries import member_by_id
from zone.members.roles.service import grant_role
from zone.places.spaces.queries import space_by_id

pytestmark = pytest.mark.engines("sqlite")
BLANKS = [
    *("   ", "\t", "\u00a0", "\u200b", "\u2800", "\u3164", "\u00ad\u200d"),
    *("\u034f", "\ufe0f", "\u0301", "\u17b4", "\u180b\U000e0100"),  # marks without a letter
]


def a_class(world: World, **changed: Any) -> dict[str, Any]:
    with reading() as session:
        space = str(space_by_id(session, world.studio).public_id)
    return {
        "name": {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"},
        "category": "mind",
        "space": space,
        "weekdays": [2],
        "starts_at": "17:00",
        "minutes": 60,
        "first_on": str(TODAY),
        "last_on": str(TODAY + timedelta(days=27)),
    } | changed


def refusal(client: FlaskClient, body: dict[str, Any]) -> tuple[int, str | None]:
    answer = client.post("/api/v1/classes", json=body)
    return answer.status_code, answer.get_json().get("code")


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_name_of_blanks_is_refused(
    manager: FlaskClient, world: World, blank: str, language: str
) -> None:
    names = {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"} | {language: blank}
    assert refusal(manager, a_class(world, name=names)) == (422, "invalid_input")
    assert refusal(manager, a_class(world, category=blank)) == (422, "invalid_input")


def test_a_class_wholly_in_the_past_is_refused(manager: FlaskClient, world: World) -> None:
    for first, last in (
        (TODAY - timedelta(days=60), TODAY - timedelta(days=1)),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=1)),
    ):
        weekday = (first + timedelta(days=3)).isoweekday()
        body = a_class(world, first_on=str(first), last_on=str(last), weekdays=[weekday])
        assert refusal(manager, body) == (422, "class_over")
    with reading() as session:
        assert session.scalars(select(SessionRule)).all() == []


@pytest.mark.parametrize("start", ["17:00:30", "17:00:00.5", "24:00"])
def test_a_class_starts_at_a_whole_minute(manager: FlaskClient, world: World, start: str) -> None:
    assert refusal(manager, a_class(world, starts_at=start)) == (422, "invalid_input")
    assert (
        manager.post("/api/v1/classes", json=a_class(world, starts_at="17:00:00")).status_code
        == 201
    )


def test_an_instructor_has_the_role(
    app: Flask, manager: FlaskClient, world: World, now: datetime
) -> None:
    with writing() as session:
        member = a_member(session, world, "teacher", now=now)
        person = str(member_by_id(session, member).public_id)
    body = a_class(world, instructor=person)
    assert refusal(manager, body) == (422, "not_an_instructor")
    with writing() as session:
        grant_role(session, member, "instructor", now)
    assert refusal(manager, body) == (201, None)
    plain = manager.post("/api/v1/classes", json=a_class(world, weekdays=[4])).get_json()["id"]
    with writing() as session:
        other = a_member(session, world, "other", now=now)
        stranger = str(member_by_id(session, other).public_id)
    change = manager.get(f"/api/v1/classes/{plain}").get_json()
    change.pop("id")
    answer = manager.put(
        f"/api/v1/classes/{plain}",
        json=change | {"instructor": stranger, "from_day": str(TODAY), "reason": "New"},
    )
    assert (answer.status_code, answer.get_json()["code"]) == (422, "not_an_instructor")


def test_a_stale_capacity_is_refused_and_none_is_sent_blindly(
    manager: FlaskClient, world: World
) -> None:
    rule = manager.post("/api/v1/classes", json=a_class(world)).get_json()["id"]
    [row, *_] = of_class(UUID(rule))
    path, body = f"/api/v1/sessions/{row.public_id}/capacity", {"capacity": 8, "reason": "Mats"}
    blind = manager.put(path, json=body)
    assert (blind.status_code, blind.get_json()["code"]) == (422, "invalid_input")
    for _ in range(2):  # the second tap changes nothing
        saved = manager.put(path, json=body | {"version": 1})
        assert (saved.status_code, saved.get_json()["version"]) == (200, 2)
    stale = manager.put(path, json=body | {"version": 1, "capacity": 6})
    assert (stale.status_code, stale.get_json()["code"]) == (409, "edited_meanwhile")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sessions?first=2026-09-21",
        "/api/v1/sessions?campsu=myllypuro",
        "/api/v1/courts?date=2026-09-21",
        "/api/v1/classes?page=2",
        "/api/v1/me/bookings?state=booked",
        "/api/v1/campuses/myllypuro/hours?week=44",
    ],
)
def test_an_unknown_name_in_a_query_is_refused(
    manager: FlaskClient, world: World, path: str
) -> None:
    answer = manager.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input")
    [[name, messages]] = answer.get_json()["fields"]["query"].items()
    assert (name in path, messages) == (True, ["There is no such field. Leave it out."])
    assert manager.get(path.partition("?")[0] + "?lang=sv").status_code == 200


@pytest.mark.parametrize("minutes", ["6_0", "%2060", "%2B60", "%EF%BC%96%EF%BC%90", "60.0", ""])
def test_a_number_of_a_query_is_of_plain_digits(
    manager: FlaskClient, world: World, minutes: str
) -> None:
    """Python's `int` reads more than a person would call a number."""
    assert manager.get("/api/v1/courts?minutes=60").status_code == 200
    assert manager.get(f"/api/v1/courts?minutes={minutes}").status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sessions?from=2026-09-21&from=2026-09-22",
        "/api/v1/sessions?campus=myllypuro&campus=myllypuro",
        "/api/v1/courts?minutes=60&day=2026-09-21&minutes=30",
    ],
)
def test_a_name_that_is_repeated_in_a_query_is_refused(
    manager: FlaskClient, world: World, path: str
) -> None:
    """Instead of one of the two that nobody chose."""
    answer = manager.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input")
    [messages] = answer.get_json()["fields"]["query"].values()
    assert messages == ["Give it once."]


@pytest.mark.parametrize(
    "day", ["2026-W44", "2026-W44-1", "20261026", "2026-299", "２０２６-10-26", "9999-12-31"]
)
def test_only_calendar_days_are_days(manager: FlaskClient, world: World, day: str) -> None:
    for query in ("sessions?from", "courts?day"):
        assert manager.get(f"/api/v1/{query}={day}").status_code == 422
    assert manager.delete(f"/api/v1/campuses/myllypuro/exceptions/{day}").status_code == 404
    answer = manager.post(
        "/manage/days",
        data={"campuses": "myllypuro", "day": day, "opens": "", "closes": "", "reason": "x"},
    )
    assert answer.status_code == 422
    today = manager.get("/classes").text
    assert day not in today
    assert manager.get(f"/classes?day={day}").text.count("<h2") == today.count("<h2")
    body = {"valid_from": day, "weekdays": [1], "opens": "07:00", "closes": "09:00"}
    assert manager.post("/api/v1/campuses/myllypuro/hours", json=body).status_code == 422


@pytest.mark.parametrize("at", ["17", "1700", "T17:00", "17:00:00.5", "17:00+02:00"])
def test_only_times_of_day_are_times(manager: FlaskClient, world: World, at: str) -> None:
    body = {"day": str(date(2027, 1, 4)), "opens": at, "closes": "23:00", "reason": "x"}
    answer = manager.post("/api/v1/campuses/myllypuro/exceptions", json=body)
    assert answer.status_code == 422
    form = {"campus": "myllypuro"} | body
    assert manager.post("/manage/days", data=form).status_code == 422
