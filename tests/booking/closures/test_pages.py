"""The manager closes a day on a page: sees what it hits, then decides."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world.booking import World, a_member, a_person, a_session, class_details
from tests.world.courts import book
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import from_helsinki, helsinki_date
from zone.places.campuses.service import create_campus
from zone.places.opening_hours import service as opening_hours
from zone.places.opening_hours.models import OpeningException
from zone.places.opening_hours.service import set_hours
from zone.places.spaces.service import create_space

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def day(now: datetime) -> date:
    return helsinki_date(now) + timedelta(days=2)


def filled(day: date, **more: str) -> dict[str, Any]:
    return {
        "campuses": "myllypuro",
        "day": str(day),
        "opens": "",
        "closes": "",
        "reason": "Floor",
        **more,
    }


def exceptions() -> list[tuple[time | None, str]]:
    with reading() as session:
        return [
            (exception.opens, exception.reason)
            for exception in session.scalars(
                select(OpeningException).order_by(OpeningException.day)
            )
        ]


def test_a_day_that_affects_nothing_is_set_and_dropped(manager: FlaskClient, day: date) -> None:
    response = manager.post("/manage/days", data=filled(day, opens="10:00", closes="14:00"))
    assert response.status_code == 303
    assert exceptions() == [(time(10), "Floor")]
    assert "10.00–14.00" in manager.get(response.headers["Location"] + "&lang=en").text
    assert manager.post(f"/manage/days/myllypuro/{day}/drop").status_code == 303
    assert exceptions() == []
    again = manager.post(f"/manage/days/myllypuro/{day}/drop")
    assert (again.status_code, again.location) == (
        303,
        "/manage/days?campus=myllypuro&done=dropped",
    )
    assert manager.post("/manage/days/myllypuro/2026-W44/drop").status_code == 404
    assert manager.post(f"/manage/days/nowhere/{day}/drop").status_code == 404


def test_what_the_ordinary_hours_leave_outside_is_shown_before_they_hold_again(
    manager: FlaskClient, world: World, day: date, now: datetime
) -> None:
    manager.post("/manage/days", data=filled(day, opens="07:00", closes="02:00"))
    with writing() as session:
        a_session(session, world, start=from_helsinki(day, time(23)), now=now)
    drop = f"/manage/days/myllypuro/{day}/drop"
    asked = manager.post(drop + "?lang=en")
    assert (asked.status_code, len(exceptions())) == (200, 1)
    assert "1 session or booking falls outside" in asked.text
    assert "Yoga" in asked.text
    kept = manager.post(drop, data={"confirm": "keep"})
    assert (kept.status_code, exceptions()) == (303, [])
    assert kept.headers["Location"].endswith("done=kept")


@pytest.mark.parametrize("ago", [1, 400])
def test_a_day_that_is_over_keeps_its_hours(
    manager: FlaskClient, world: World, now: datetime, ago: int
) -> None:
    """Not set without a trace: the page lists the days to come."""
    past = helsinki_date(now - timedelta(hours=6)) - timedelta(days=ago)
    form = filled(past, confirm="keep")
    for data in (form, filled(past)):
        answer = manager.post("/manage/days?lang=en", data=data)
        assert (answer.status_code, str(past) in answer.text) == (409, True)
        assert "This day is over" in answer.text
    path = "/api/v1/campuses/myllypuro/exceptions"
    body = {"day": str(past), "reason": "Floor", "replace": True}
    assert manager.post(path, json=body).get_json()["code"] == "day_past"
    assert manager.delete(f"{path}/{past}").get_json()["code"] == "day_past"
    assert exceptions() == []


@pytest.mark.parametrize(("choice", "state"), [("keep", "booked"), ("cancel", "cancelled")])
def test_affected_sessions_are_shown_before_anything_is_set(
    manager: FlaskClient, world: World, day: date, now: datetime, choice: str, state: str
) -> None:
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
    book(anna, world.court_1, from_helsinki(day, time(12)), now=now)
    shown = manager.post("/manage/days?lang=en", data=filled(day))
    assert (shown.status_code, exceptions()) == (200, [])
    assert "1 session or booking falls outside" in shown.text
    assert "Court 1" in shown.text
    assert manager.post("/manage/days", data=filled(day, confirm=choice)).status_code == 303
    assert exceptions() == [(None, "Floor")]
    with reading() as session:
        assert session.scalars(select(Booking.state)).all() == [state]


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("en", "1 session or booking falls outside:", "2 sessions or bookings fall outside:"),
        ("fi", "1 tunti tai varaus jää", "2 tuntia tai varausta jää"),
        ("sv", "1 pass eller bokning hamnar", "2 pass eller bokningar hamnar"),
    ],
)
def test_what_falls_outside_is_counted(
    app: Flask,
    manager: FlaskClient,
    world: World,
    day: date,
    now: datetime,
    language: str,
    one: str,
    two: str,
) -> None:
    for name, hour, says in (("anna", 12, one), ("bo", 14, two)):
        with writing() as session:
            member = a_member(session, world, name, now=now)
        book(member, world.court_1, from_helsinki(day, time(hour)), now=now)
        with app.app_context():  # of its own, as a request has it: the language stays in it
            shown = manager.post(f"/manage/days?lang={language}", data=filled(day))
        assert says in shown.text
    assert exceptions() == []


@pytest.fixture
def pasila(world: World) -> int:
    """Return a hall of a second campus, which is open as the first."""
    with writing() as session:
        campus = create_campus(session, code="pasila", name="Haaga-Helia Pasila")
        set_hours(
            session,
            campus_id=campus.id,
            weekdays=range(1, 8),
            opens=time(7),
            closes=time(22),
            valid_from=date(2026, 1, 1),
        )
        names = ("Halli", "Hallen", "Pasila hall")
        return create_space(
            session, campus_id=campus.id, code="pasila-hall", names=names, capacity=20, parts=["p"]
        ).id


@pytest.mark.parametrize("chosen", [["all"], ["pasila", "myllypuro"]])
def test_a_day_of_several_campuses_is_looked_at_and_closed_in_one_go(
    manager: FlaskClient, world: World, pasila: int, day: date, now: datetime, chosen: list[str]
) -> None:
    for hour, space in ((18, world.studio), (17, pasila)):
        with writing() as session:
            held = class_details(world, space=space)
            a_session(session, world, start=from_helsinki(day, time(hour)), offer=held, now=now)
    form = filled(day) | {"campuses": chosen}
    shown = manager.post("/manage/days?lang=en", data=form)
    assert exceptions() == []
    assert "Look before you set the hours: all campuses" in shown.text
    assert "2 sessions or bookings fall outside:" in shown.text
    assert "<td>Haaga-Helia Pasila, Pasila hall</td>" in shown.text
    answer = manager.post("/manage/days", data=form | {"confirm": "cancel"})
    assert answer.status_code == 303
    assert exceptions() == [(None, "Floor")] * 2
    with reading() as session:
        assert set(session.scalars(select(ClassSession.state))) == {"cancelled"}
        days = select(AuditRow.object_id).where(AuditRow.action == "campus.day")
        assert set(session.scalars(days)) == {f"pasila {day}", f"myllypuro {day}"}


def test_a_day_is_closed_at_all_of_the_campuses_or_at_none(
    manager: FlaskClient, pasila: int, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, stored = opening_hours.set_exception, list[int]()

    def store_one(session: Session, **values: Any) -> None:
        if stored:
            raise DomainError(NOT_FOUND)
        stored.append(values["campus_id"])
        store(session, **values)

    monkeypatch.setattr(opening_hours, "set_exception", store_one)
    answer = manager.post("/manage/days", data=filled(day) | {"campuses": ["all"]})
    assert (answer.status_code, len(stored), exceptions()) == (404, 1, [])


def test_what_each_campus_already_has_is_shown_before_it_is_replaced(
    manager: FlaskClient, pasila: int, day: date
) -> None:
    manager.post("/manage/days", data=filled(day, opens="10:00", closes="14:00"))
    shown = manager.post("/manage/days?lang=en", data=filled(day) | {"campuses": ["all"]})
    assert "Metropolia Myllypuro: 10.00–14.00, Floor" in shown.text
    assert "Haaga-Helia Pasila: " not in shown.text


@pytest.mark.parametrize("chosen", [[], ["nowhere"], ["pasila", "nowhere"]])
def test_without_a_campus_the_form_says_so_at_the_field(
    manager: FlaskClient, pasila: int, day: date, chosen: list[str]
) -> None:
    answer = manager.post("/manage/days?lang=en", data=filled(day) | {"campuses": chosen})
    assert (answer.status_code, exceptions()) == (422, [])
    error = answer.text.partition('id="e-campuses"')[2].partition("</p>")[0]
    assert "Choose one campus or more." in error


def test_existing_hours_are_shown_before_they_are_replaced(manager: FlaskClient, day: date) -> None:
    manager.post("/manage/days", data=filled(day))
    shown = manager.post("/manage/days?lang=en", data=filled(day, opens="10:00", closes="14:00"))
    assert "The day already has other hours" in shown.text
    assert exceptions() == [(None, "Floor")]


def test_another_reason_is_not_said_to_be_other_hours(manager: FlaskClient, day: date) -> None:
    manager.post("/manage/days", data=filled(day))
    shown = manager.post("/manage/days?lang=en", data=filled(day, reason="Repairs"))
    assert "The day already has these hours, for another reason" in shown.text
    assert "The day already has other hours" not in shown.text
    same = manager.post("/manage/days", data=filled(day))
    assert (same.status_code, exceptions()) == (303, [(None, "Floor")])


@pytest.mark.parametrize(
    "wrong", [{"day": "x"}, {"day": ""}, {"reason": " "}, {"opens": "10:00"}, {"opens": "z"}]
)
def test_an_invalid_form_comes_back_with_what_was_typed(
    manager: FlaskClient, day: date, wrong: dict[str, str]
) -> None:
    answer = manager.post("/manage/days", data=filled(day) | wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert exceptions() == []


def test_only_managers_see_the_page(app: Flask, world: World, now: datetime) -> None:
    assert a_person(app, world, "desk", now, "desk").get("/manage/days").status_code == 403


def test_what_is_kept_on_a_closed_day_is_said(
    manager: FlaskClient, world: World, day: date, now: datetime
) -> None:
    """Before it is decided, right after, on the list of days, and to people on the class's page."""
    with writing() as session:
        noon = from_helsinki(day, time(12))
        yoga = a_session(session, world, start=noon, now=now).public_id
    path = f"/classes/{yoga}?lang=en"
    assert "The campus is closed then" not in manager.get(path).text
    shown = manager.post("/manage/days?lang=en", data=filled(day))
    assert "the doors stay shut then; let people in at the desk" in shown.text
    kept = manager.post("/manage/days", data=filled(day, confirm="keep"))
    said = manager.get(kept.location).text
    assert "What falls outside is not called off" in said
    assert "1 session or booking stands outside the hours" in said
    assert "The campus is closed then, but the class is not called off" in manager.get(path).text
    answer = manager.post("/manage/days", data=filled(day, confirm="cancel"))
    assert "stands outside" not in manager.get(answer.location).text
