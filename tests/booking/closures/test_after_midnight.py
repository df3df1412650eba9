"""Hours that end after midnight: by the API, for courts, and for what a closed day affects."""

from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.booking import World, a_member, a_session
from tests.world.courts import reasons
from zone.booking.closures.queries import affected_sessions
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki, helsinki_date
from zone.places.campuses.queries import campus_by_code


@pytest.fixture
def evening(now: datetime) -> date:
    return helsinki_date(now) + timedelta(days=2)


def set_hours(manager: FlaskClient, opens: str, closes: str) -> int:
    body = {
        "weekdays": list(range(1, 8)),
        "opens": opens,
        "closes": closes,
        "valid_from": helsinki_date(utc_now()).isoformat(),
    }
    return manager.post("/api/v1/campuses/myllypuro/hours", json=body).status_code


def test_hours_over_midnight_are_set_and_courts_are_booked_in_them(
    manager: FlaskClient, world: World, evening: date, now: datetime
) -> None:
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
    night = from_helsinki(evening + timedelta(days=1), time(0, 30))
    assert reasons(anna, world.court_1, night, now=now) == ["place_closed"]
    assert set_hours(manager, "18:00", "18:00") == 422
    assert set_hours(manager, "18:00", "02:00") == 201
    assert reasons(anna, world.court_1, night + timedelta(hours=1), now=now) == ["place_closed"]
    over_midnight = from_helsinki(evening, time(23))
    assert reasons(anna, world.court_2, over_midnight, 120, now=now) == []
    assert reasons(anna, world.court_1, night + timedelta(minutes=30), now=now) == []
    shown = manager.get("/api/v1/campuses/myllypuro/hours").get_json()["week"][-1]["hours"]
    assert shown == [{"opens": "18:00", "closes": "02:00"}]


@pytest.mark.parametrize("closes", ["00:00", "23:59"])
def test_hours_may_end_at_midnight(
    manager: FlaskClient, world: World, evening: date, now: datetime, closes: str
) -> None:
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
    assert set_hours(manager, "07:00", closes) == 201
    last = from_helsinki(evening, time(23))
    assert reasons(anna, world.court_1, last, now=now) == []
    refused = reasons(anna, world.court_2, last + timedelta(minutes=30), now=now)
    assert refused[0] == "place_closed"


def test_a_closed_day_affects_its_own_night_and_not_the_one_before(
    app: Flask, manager: FlaskClient, world: World, evening: date, now: datetime
) -> None:
    assert set_hours(manager, "18:00", "02:00") == 201
    nights = [from_helsinki(evening + timedelta(days=n), time(0, 30)) for n in (0, 1)]
    with writing() as session:
        before, own = (a_session(session, world, start=at, now=now).id for at in nights)
        late = a_session(session, world, start=nights[1] + timedelta(hours=9), now=now).id

    def affected(hours: tuple[time, time] | None) -> list[int]:
        with reading() as session:
            campus = campus_by_code(session, "myllypuro")
            found = affected_sessions(session, campus, evening, hours, now)
            return [item.session.id for item in found]

    # The night before lies in the hours of the day before, and begins on this day.
    assert affected(None) == [own]
    assert affected((time(18), time(1))) == [own]
    assert affected((time(18), time(2))) == []
    assert before not in affected(None)
    assert late not in affected(None), "it stands outside the hours of its own day"
    body = {"day": str(evening), "reason": "Floor", "cancel": True}
    answer = manager.post("/api/v1/campuses/myllypuro/exceptions", json=body)
    assert len(answer.get_json()["hits"]) == 1


def test_what_one_closed_day_keeps_the_next_does_not_call_off(
    app: Flask, manager: FlaskClient, world: World, evening: date, now: datetime
) -> None:
    """A class of Saturday night was kept when Saturday was closed; then Sunday is closed."""
    assert set_hours(manager, "18:00", "02:00") == 201
    with writing() as session:
        start = from_helsinki(evening, time(23, 30))
        kept = a_session(session, world, start=start, now=now).id
    path, next_day = "/api/v1/campuses/myllypuro/exceptions", evening + timedelta(days=1)
    first = manager.post(path, json={"day": str(evening), "reason": "Floor"})
    assert len(first.get_json()["hits"]) == 1
    second = manager.post(path, json={"day": str(next_day), "reason": "Floor", "cancel": True})
    assert second.get_json()["hits"] == []
    with reading() as session:
        assert session.get_one(ClassSession, kept).state == "scheduled"
    again = {"day": str(evening), "reason": "Floor", "cancel": True}
    assert len(manager.post(path, json=again).get_json()["hits"]) == 1, "its own day still may"
