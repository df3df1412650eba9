"""The managers' page of the ordinary week: set it up, correct it, close a weekday."""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world.booking import World, a_member, a_person, a_session, an_actor
from tests.world.races import Meeting, outcomes
from tests.world.rendered_forms import form_with, forms_in, forms_of
from zone.booking.closures import service
from zone.booking.ordinary_hours.views import HoursToCome, hours_to_come
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki, helsinki_date
from zone.places.campuses.service import create_campus
from zone.places.opening_hours import service as opening_hours
from zone.places.opening_hours.queries import ordinary_hours, week_from
from zone.places.opening_hours.rules import Hours, WeekChange

pytestmark = pytest.mark.engines("sqlite")
PAGE, API = "/manage/hours", "/api/v1/campuses/myllypuro/hours"
GO_ON = "Go on"


def week_of(campus: int, day: date) -> dict[int, list[str]]:
    """Return the hours of each weekday that is not closed, in the week that begins on a day."""
    with reading() as session:
        return {
            weekday: [f"{opens:%H}-{closes:%H}" for opens, closes in hours]
            for weekday, hours in week_from(session, campus, day)
            if hours
        }


def send(manager: FlaskClient, weekdays: list[int], **typed: str) -> Any:
    form = form_with(manager, f"{PAGE}?campus=myllypuro", "valid_from")
    chosen = {"weekdays": [str(weekday) for weekday in weekdays]}
    return manager.post(f"{form.action}?lang=en", data=form.data | chosen | typed)


def test_a_new_campus_gets_its_week(manager: FlaskClient, now: datetime) -> None:
    with writing() as session:
        pasila = create_campus(session, code="pasila", name="Pasila").id
    assert "It has no opening hours yet" in manager.get(f"{PAGE}?campus=pasila&lang=en").text
    form = form_with(manager, f"{PAGE}?campus=pasila", "valid_from")
    assert form.data["valid_from"] == [f"{helsinki_date(now)}"]
    data = form.data | {"opens": "08:00", "closes": "20:00"}
    assert 'id="e-weekdays"' in manager.post(PAGE, data=data).text
    data["weekdays"] = ["1", "2"]
    assert 'id="e-closes"' in manager.post(PAGE, data=data | {"closes": ""}).text
    assert 'id="e-opens"' in manager.post(PAGE, data=data | {"closes": "08:00"}).text
    saved = manager.post(PAGE, data=data)
    assert saved.location == f"{PAGE}?campus=pasila&done=set"
    assert "The hours are set." in manager.get(saved.location).text
    assert week_of(pasila, helsinki_date(now)) == {1: ["08-20"], 2: ["08-20"]}


def test_hours_of_the_same_day_are_corrected(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    today = helsinki_date(now)
    for opens in ("08:00", "09:00", "09:00"):
        assert send(manager, [1], opens=opens, closes="23:00").status_code == 303
    assert week_of(world.campus, today)[1] == ["09-23"]
    beside = {"weekdays": [1], "opens": "06:00", "closes": "07:00", "valid_from": f"{today}"}
    assert manager.post(API, json=beside).status_code == 201
    assert week_of(world.campus, today)[1] == ["06-07", "09-23"], "the API adds an opening"
    assert manager.post(API, json=beside).get_json()["code"] == "hours_already_set"
    assert manager.post(API, json=beside | {"replace": True}).status_code == 201
    assert week_of(world.campus, today)[1] == ["06-07"]
    with reading() as session:
        rows = session.scalars(select(AuditRow.action)).all()
    assert rows == ["campus.hours"] * 5


def test_a_day_that_opens_twice(manager: FlaskClient, world: World, now: datetime) -> None:
    """The page and the API set it whole, and what lies between the openings falls outside."""
    day = helsinki_date(now) + timedelta(days=9)
    weekday = day.isoweekday()
    with writing() as session:
        a_session(session, world, start=from_helsinki(day, time(12)), now=now)
    first = {"opens": "08:00", "closes": "11:00", "valid_from": f"{day}"}
    for wrong, field in (
        ({"also_opens": "15:00"}, "also_closes"),
        ({"also_closes": "21:00"}, "also_opens"),
        ({"also_opens": "10:00", "also_closes": "21:00"}, "also_opens"),
        ({"also_opens": "15:00", "also_closes": "21:00", "closes": "07:00"}, "also_opens"),
        ({"also_opens": "15:00", "also_closes": "21:00", "opens": "", "closes": ""}, "also_opens"),
    ):
        assert f'id="e-{field}"' in send(manager, [weekday], **(first | wrong)).text, wrong
    asked = send(manager, [weekday], **first, also_opens="15:00", also_closes="21:00")
    assert "1 session or booking falls outside" in asked.text
    (question, *_rest) = [form for form in forms_in(asked.text, PAGE) if "weekdays" in form.data]
    assert question.submit(manager, "Set the hours, keep these").status_code == 303
    assert week_of(world.campus, day)[weekday] == ["08-11", "15-21"]
    with reading() as session:
        audited = session.scalars(select(AuditRow.after).order_by(AuditRow.id.desc())).first()
    assert '"also_opens": "15:00:00"' in f"{audited}"

    body = first | {"weekdays": [weekday], "replace": True}
    again = {"opens": "16:00", "closes": "20:00"}
    answer = manager.post(API, json=body | {"also": again})
    shown = [{"opens": "08:00", "closes": "11:00"}, again]
    assert answer.get_json()["week"] == [{"weekday": weekday, "hours": shown}]
    assert week_of(world.campus, day)[weekday] == ["08-11", "16-20"]
    assert manager.post(API, json=body | {"also": again | {"opens": "10:00"}}).status_code == 422
    assert manager.post(API, json=body | {"also": again | {"closes": "16:00"}}).status_code == 422
    assert manager.post(API, json=body).status_code == 201, "once a day again"
    assert week_of(world.campus, day)[weekday] == ["08-11"]


def test_what_stands_outside_is_shown_before_a_weekday_is_closed(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    day = helsinki_date(now) + timedelta(days=9)
    with writing() as session:
        a_session(session, world, start=from_helsinki(day, time(10)), now=now)
    asked = send(manager, [day.isoweekday()], valid_from=f"{day}")
    assert "1 session or booking falls outside" in asked.text
    assert day.isoweekday() in week_of(world.campus, day)
    (question, *_rest) = [form for form in forms_in(asked.text, PAGE) if "weekdays" in form.data]
    assert question.submit(manager, "Set the hours, keep these").location.endswith("done=kept")
    assert day.isoweekday() not in week_of(world.campus, day)
    assert day.isoweekday() in week_of(world.campus, day - timedelta(days=7))
    page = manager.get(f"{PAGE}?campus=myllypuro&lang=en").text
    assert "Known changes" in page


def test_the_api_closes_a_weekday(manager: FlaskClient, world: World, now: datetime) -> None:
    first = helsinki_date(now) + timedelta(days=7)
    body: dict[str, Any] = {"weekdays": [7, 7], "opens": None, "closes": None}
    body["valid_from"] = f"{first}"
    assert manager.post(API, json=body).get_json() == {
        "week": [{"weekday": 7, "hours": []}],
        "hits": [],
        "next": None,
    }
    assert sorted(week_of(world.campus, first)) == [1, 2, 3, 4, 5, 6]
    for wrong in ({"opens": "08:00"}, {"valid_until": f"{first}"}):
        assert manager.post(API, json=body | wrong).status_code == 422
    del body["opens"]
    assert manager.post(API, json=body).status_code == 422, "nobody closes by leaving it out"
    past = body | {"opens": None, "valid_from": f"{helsinki_date(now) - timedelta(days=1)}"}
    assert manager.post(API, json=past).get_json()["code"] == "day_past"


def check_that_one_whole_week_is_left(app: Flask, world: World, now: datetime) -> None:
    """Two set the week of a campus at once; it has no spaces, which would lock something."""
    today = helsinki_date(now)
    with writing() as session:
        actor = an_actor(a_member(session, world, "boss", now=now), "manager")
        pasila = create_campus(session, code="pasila", name="Pasila").id

    def change(opens: int) -> None:
        hours = (time(opens), time(20))
        new = WeekChange(weekdays=range(1, 8), hours=hours, valid_from=today)
        with writing() as session:
            service.change_week(session, actor, "pasila", new, now=now)

    assert outcomes(app, [partial(change, opens) for opens in (8, 9)]) == {"done": 2}
    week = week_of(pasila, today)
    assert week in ({weekday: [f"{n:02}-20"] for weekday in range(1, 8)} for n in (8, 9))
    with reading() as session:
        assert len(ordinary_hours(session, pasila)) == 7


@pytest.mark.engines("sqlite", "postgresql")
def test_of_changes_at_once_one_whole_week_is_left(app: Flask, world: World, now: datetime) -> None:
    check_that_one_whole_week_is_left(app, world, now)


# SQLite's writers are one at a time from BEGIN IMMEDIATE on; nothing to take away here.
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("changes of the hours of a campus do not wait for each other")
def test_without_the_campus_lock_the_openings_of_both_are_left(
    app: Flask, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Meeting()
    store = opening_hours._store_week

    def late(session: Session, campus_id: int, change: WeekChange) -> None:
        store(session, campus_id, change)
        meeting.come()

    monkeypatch.setattr(opening_hours, "lock_campus", lambda *_: None)
    monkeypatch.setattr(opening_hours, "_store_week", late)
    with pytest.raises(AssertionError):
        check_that_one_whole_week_is_left(app, world, now)


def test_what_is_known_to_change_is_listed_by_its_days() -> None:
    today, later = date(2026, 12, 1), date(2027, 1, 1)
    hours = (time(8), time(20))
    week = [
        Hours(2, *hours, valid_from=later),
        Hours(1, *hours, valid_from=later),
        Hours(3, *hours, valid_from=date(2026, 1, 1)),
        Hours(4, *hours, valid_from=date(2026, 1, 1), valid_until=today),
        Hours(5, *hours, valid_from=date(2026, 1, 1), valid_until=date(2026, 11, 30)),
    ]
    assert hours_to_come(week, today) == [
        HoursToCome([4], hours, date(2026, 1, 1), today),
        HoursToCome([1, 2], hours, later, None),
    ]


def test_only_managers_see_the_page(app: Flask, world: World, now: datetime) -> None:
    desk = a_person(app, world, "desk", now, "desk")
    assert desk.get(PAGE).status_code == 403
    assert forms_of(a_person(app, world, "boss", now, "manager"), PAGE)
