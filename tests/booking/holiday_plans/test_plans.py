"""Public holidays are planned by campus, on pages and by the API; what that affects is asked."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import World, a_member, a_person, a_session
from tests.world.people import a_browser
from tests.world.races import at_once
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import from_helsinki, helsinki_date
from zone.members.people.models import Member
from zone.places.holidays.queries import count_unplanned, planned_holidays
from zone.places.holidays.rules import PLAN_AHEAD, Holiday, holidays_between
from zone.places.opening_hours.models import OpeningException


@pytest.fixture
def holiday(now: datetime) -> Holiday:
    """The next one that begins after tomorrow."""
    today = helsinki_date(now)
    return holidays_between(today + timedelta(days=2), today + timedelta(days=300))[0]


@pytest.fixture
def booked(world: World, now: datetime, holiday: Holiday) -> int:
    """Anna has a class at 17 on the holiday."""
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
        at = from_helsinki(holiday.day, time(17))
        yoga = a_session(session, world, start=at, now=now)
        # As on a day that can be booked already.
        bookings.book(
            session, member_id=anna, class_session=yoga.public_id, now=at - timedelta(days=1)
        )
    return anna


def state(day: date) -> str:
    with reading() as session:
        (planned,) = planned_holidays(session, day, day)
        (plan,) = planned.plans
        return plan.state


def exceptions() -> list[tuple[time | None, str, dict[str, str]]]:
    with reading() as session:
        return [
            (one.opens, one.reason, one.reasons)
            for one in session.scalars(select(OpeningException).order_by(OpeningException.day))
        ]


def put(client: FlaskClient, day: date, **body: Any) -> Any:
    return client.put(f"/api/v1/campuses/myllypuro/holidays/{day}", json=body)


def form(**values: str) -> dict[str, str]:
    return {"campuses": "myllypuro", "plan": "closed", **values}


def test_a_closed_holiday_says_its_name_in_each_language(
    manager: FlaskClient, world: World, holiday: Holiday
) -> None:
    assert state(holiday.day) == "unplanned"
    answer = manager.post(f"/manage/holidays/{holiday.day}", data=form())
    assert answer.status_code == 303, answer.text
    assert exceptions() == [(None, holiday.reason, dict(holiday.names))]
    assert state(holiday.day) == "closed"
    for language in ("fi", "sv", "en"):
        shown = manager.get(f"{answer.location}&lang={language}").text
        assert holiday.names[language].replace("'", "&#39;") in shown
    hours = a_browser(manager.application).get("/api/v1/campuses/myllypuro/hours").get_json()
    assert hours["exceptions"][0]["reasons"] == dict(holiday.names)


def test_a_holiday_as_usual_is_planned_and_has_no_other_hours(
    manager: FlaskClient, world: World, holiday: Holiday
) -> None:
    path = f"/manage/holidays/{holiday.day}"
    for _ in range(2):  # the second tap changes nothing
        assert manager.post(path, data=form(plan="normal")).status_code == 303
    assert (exceptions(), state(holiday.day)) == ([], "normal")
    with reading() as session:
        (row,) = session.scalars(select(AuditRow).where(AuditRow.action == "campus.holiday"))
        assert row.object_id == f"myllypuro {holiday.day}"
    assert manager.post(path, data=form()).status_code == 303
    assert state(holiday.day) == "closed", "other hours go before the decision"
    assert manager.post(path, data=form(plan="normal")).status_code == 303
    assert (exceptions(), state(holiday.day)) == ([], "normal")


@pytest.mark.parametrize(("choice", "becomes"), [("keep", "booked"), ("cancel", "cancelled")])
def test_what_a_plan_affects_is_shown_before_it_holds(
    manager: FlaskClient, booked: int, holiday: Holiday, choice: str, becomes: str
) -> None:
    path = f"/manage/holidays/{holiday.day}"
    asked = manager.post(f"{path}?lang=en", data=form(plan="hours", opens="10:00", closes="15:00"))
    assert (asked.status_code, exceptions()) == (200, [])
    assert "1 session or booking falls outside" in asked.text
    assert "Yoga" in asked.text
    values = form(plan="hours", opens="10:00", closes="15:00", reason="Inventory", confirm=choice)
    assert manager.post(path, data=values).status_code == 303
    in_each = dict.fromkeys(("fi", "sv", "en"), "Inventory")
    assert exceptions() == [(time(10), "Inventory", in_each)]
    with reading() as session:
        assert session.scalars(select(Booking.state)).all() == [becomes]
        told = session.scalars(select(OutboxMail.body)).all()
    assert ["Inventory" in text for text in told if "Inventory" in text] == (
        [True] if choice == "cancel" else []
    )


def test_the_mail_names_the_holiday_in_the_language_of_who_had_booked(
    manager: FlaskClient, booked: int, holiday: Holiday
) -> None:
    with writing() as session:
        session.get_one(Member, booked).language = "sv"
    assert put(manager, holiday.day, plan="closed", cancel=True).get_json()["cancelled"] is True
    with reading() as session:
        (mail,) = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "booking/session_cancelled")
        )
    assert f"Orsak: {holiday.names['sv']}" in mail.body
    assert holiday.names["fi"] not in mail.body


@pytest.mark.engines("sqlite", "postgresql")
def test_two_managers_who_plan_it_at_once_leave_one_plan(
    app: Flask, manager: FlaskClient, world: World, booked: int, now: datetime, holiday: Holiday
) -> None:
    other = a_person(app, world, "other", now, "manager")
    close = partial(put, manager, holiday.day, plan="closed", cancel=True, replace=True)
    calls: list[Callable[[], Any]] = [close, partial(put, other, holiday.day, plan="normal")]
    answers = at_once(app, calls)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert state(holiday.day) in ("closed", "normal")
    assert len(exceptions()) == (state(holiday.day) == "closed")


def test_the_api_previews_then_plans(manager: FlaskClient, booked: int, holiday: Holiday) -> None:
    seen = put(manager, holiday.day, plan="closed", cancel=True, preview=True)
    assert seen.status_code == 200, seen.json
    assert [hit["booked"] for hit in seen.get_json()["hits"]] == [1]
    assert (exceptions(), state(holiday.day)) == ([], "unplanned")
    done = put(manager, holiday.day, plan="closed").get_json()
    assert (done["state"], done["cancelled"], len(done["hits"])) == ("closed", False, 1)
    assert put(manager, holiday.day, plan="closed").status_code == 200, "the same again"
    stale = put(manager, holiday.day, plan="hours", opens="10:00", closes="14:00")
    assert (stale.status_code, stale.get_json()["code"]) == (409, "day_already_set")
    listed = manager.get(f"/api/v1/holidays?year={holiday.day.year}").get_json()["holidays"]
    (one,) = [item for item in listed if item["day"] == str(holiday.day)]
    assert one["plans"] == [
        {"campus": "myllypuro", "state": "closed", "hours": [], "reasons": dict(holiday.names)}
    ]


def test_bad_plans_are_refused_and_nothing_is_stored(
    manager: FlaskClient, world: World, holiday: Holiday
) -> None:
    day = holiday.day
    for body in (
        {"plan": "hours"},
        {"plan": "hours", "opens": "10:00"},
        {"plan": "hours", "opens": "10:00", "closes": "10:00"},
        {"plan": "closed", "opens": "10:00", "closes": "14:00"},
        {"plan": "normal", "opens": "10:00", "closes": "14:00"},
    ):
        assert put(manager, day, **body).get_json()["code"] == "hours_invalid", body
    for body in ({"plan": "perhaps"}, {}, {"plan": "closed", "reason": "x" * 301}):
        assert put(manager, day, **body).status_code == 422, body
    no_holiday = date(day.year + 1, 2, 3)
    for path in (str(no_holiday), "9999-12-25", "2026-W52", "x"):
        for found in (
            manager.put(f"/api/v1/campuses/myllypuro/holidays/{path}", json={"plan": "closed"}),
            manager.get(f"/manage/holidays/{path}"),
            manager.post(f"/manage/holidays/{path}", data=form()),
        ):
            assert found.status_code == 404, path
    nowhere = manager.put(f"/api/v1/campuses/nowhere/holidays/{day}", json={"plan": "closed"})
    assert nowhere.status_code == 404
    typed = manager.post(f"/manage/holidays/{day}?lang=en", data=form(plan="hours"))
    assert (typed.status_code, "Give an opening and a closing time" in typed.text) == (422, True)
    assert (exceptions(), state(day)) == ([], "unplanned")


def test_a_holiday_that_is_over_stays_as_it_was(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    today = helsinki_date(now - timedelta(hours=6))
    past = holidays_between(today - timedelta(days=300), today - timedelta(days=1))[-1].day
    for plan in ("closed", "normal"):
        assert put(manager, past, plan=plan).get_json()["code"] == "day_past"
        assert manager.post(f"/manage/holidays/{past}", data=form(plan=plan)).status_code == 409
    assert (exceptions(), state(past)) == ([], "unplanned")
    assert f"/manage/holidays/{past}" not in manager.get(f"/manage/holidays?year={past.year}").text


def test_only_who_plans_may(app: Flask, world: World, now: datetime, holiday: Holiday) -> None:
    anna = a_person(app, world, "anna", now)
    assert put(anna, holiday.day, plan="closed").status_code == 403
    assert anna.post(f"/manage/holidays/{holiday.day}", data=form()).status_code == 403
    assert anna.get("/api/v1/holidays").status_code == 403
    assert exceptions() == []


def test_unplanned_ones_of_the_next_weeks_are_counted_and_named(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    today = helsinki_date(now)
    soon = holidays_between(today, today + PLAN_AHEAD)
    with reading() as session:
        assert count_unplanned(session, now) == len(soon)
    for holiday in soon:
        path = f"/manage/holidays/{holiday.day}"
        assert f'href="{path}"' in manager.get("/manage/holidays?year=2031").text
        assert manager.post(path, data=form(plan="normal")).status_code == 303
    with reading() as session:
        assert count_unplanned(session, now) == 0
    assert manager.get("/manage/holidays?year=x").status_code == 200
