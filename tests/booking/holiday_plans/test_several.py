"""Several holidays are planned in one form, each or not, at the campuses that have no plan yet."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import World, a_member, a_person, a_session
from tests.world.races import at_once
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.closures import service as closures
from zone.booking.holiday_plans import service
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import from_helsinki, helsinki_date
from zone.places.campuses.models import Campus
from zone.places.holidays.queries import planned_holidays
from zone.places.holidays.rules import Holiday, holidays_between
from zone.places.opening_hours.models import OpeningException

PATH = "/manage/holidays/unplanned"


@pytest.fixture
def holidays(world: World, now: datetime) -> list[Holiday]:
    """Those of the next year; Malmi is a second campus."""
    with writing() as session:
        session.add(Campus(code="malmi", name="Malmi"))
    today = helsinki_date(now)
    return holidays_between(today + timedelta(days=2), today + timedelta(days=360))


@pytest.fixture
def booked(world: World, now: datetime, holidays: list[Holiday]) -> int:
    """Anna has a class at 17 on each of the first two holidays."""
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
        for holiday in holidays[:2]:
            at = from_helsinki(holiday.day, time(17))
            yoga = a_session(session, world, start=at, now=now)
            bookings.book(
                session, member_id=anna, class_session=yoga.public_id, now=at - timedelta(days=1)
            )
    return anna


def states(day: date) -> dict[str, str]:
    with reading() as session:
        (planned,) = planned_holidays(session, day, day)
        return {plan.campus.code: plan.state for plan in planned.plans}


def exceptions() -> list[tuple[date, time | None, str]]:
    with reading() as session:
        rows = session.scalars(select(OpeningException).order_by(OpeningException.day))
        return [(one.day, one.opens, one.reason) for one in rows]


def form(*plans: tuple[Holiday, str], **values: str) -> dict[str, str]:
    return {f"plan-{holiday.day}": plan for holiday, plan in plans} | values


def times(holiday: Holiday, opens: str, closes: str) -> dict[str, str]:
    return {f"opens-{holiday.day}": opens, f"closes-{holiday.day}": closes}


def test_each_holiday_gets_its_own_plan_and_the_others_stay_open(
    manager: FlaskClient, world: World, holidays: list[Holiday]
) -> None:
    first, second, third, fourth = holidays[:4]
    data = form((first, "closed"), (second, "normal"), (third, "hours")) | times(
        third, "10:00", "14:00"
    )
    answer = manager.post(PATH, data=data)
    assert answer.status_code == 303, answer.text
    assert exceptions() == [
        (first.day, None, first.reason),
        (third.day, time(10), third.reason),
    ]
    planned = [states(one.day)["myllypuro"] for one in (first, second, third, fourth)]
    assert planned == ["closed", "normal", "hours", "unplanned"]
    assert "The holidays are planned." in manager.get(answer.location).text
    shown = manager.get(PATH).text
    assert [f'name="plan-{one.day}"' in shown for one in (first, second, third, fourth)] == [
        False,
        False,
        False,
        True,
    ]


def test_a_campus_that_has_a_plan_keeps_it(
    manager: FlaskClient, world: World, holidays: list[Holiday], now: datetime
) -> None:
    first = holidays[0]
    with writing() as session:
        session.add(OpeningException(**_own_day(session, first)))
    assert manager.post(PATH, data=form((first, "normal"))).status_code == 303
    assert exceptions() == [(first.day, None, "Floor")]
    assert manager.post(PATH, data=form((first, "closed"))).status_code == 303, "nothing is left"
    assert exceptions() == [(first.day, None, "Floor")]


def _own_day(session: Any, holiday: Holiday) -> dict[str, Any]:
    campus = session.scalars(select(Campus.id).where(Campus.code == "myllypuro")).one()
    return {"campus_id": campus, "day": holiday.day, "reason": "Floor"}


@pytest.mark.parametrize(("choice", "becomes"), [("keep", "booked"), ("cancel", "cancelled")])
def test_what_they_affect_is_shown_in_one_list_before_they_hold(
    manager: FlaskClient, booked: int, holidays: list[Holiday], choice: str, becomes: str
) -> None:
    first, second = holidays[:2]
    data = form((first, "closed"), (second, "hours")) | times(second, "10:00", "15:00")
    asked = manager.post(f"{PATH}?lang=en", data=data)
    assert (asked.status_code, exceptions()) == (200, [])
    assert "2 sessions or bookings fall outside" in asked.text
    answer = manager.post(PATH, data=data | {"confirm": choice})
    assert answer.status_code == 303, answer.text
    with reading() as session:
        assert set(session.scalars(select(Booking.state))) == {becomes}
        told = session.scalars(
            select(OutboxMail.body)
            .where(OutboxMail.template == "booking/session_cancelled")
            .order_by(OutboxMail.id)
        ).all()
    # Each mail names its own holiday.
    names = [] if choice == "keep" else [first.names["en"], second.names["en"]]
    assert [name in body for name, body in zip(names, told, strict=True)] == [True] * len(names)


def test_wrong_times_are_marked_at_their_holiday_and_nothing_is_stored(
    manager: FlaskClient, world: World, holidays: list[Holiday]
) -> None:
    first, second = holidays[:2]
    for data, wrong in (
        (form((first, "closed"), (second, "hours")), f"opens-{second.day}"),
        (form((second, "closed")) | times(second, "10:00", "14:00"), f"opens-{second.day}"),
        (form((second, "hours")) | times(second, "10:00", "25:00"), f"closes-{second.day}"),
        (form((first, "closed")) | times(second, "10:00", "14:00"), f"plan-{second.day}"),
        (form((second, "perhaps")), f"plan-{second.day}"),
        ({}, 'id="e-plan-'),
    ):
        answer = manager.post(PATH, data=data)
        assert answer.status_code == 422, data
        assert (wrong if "e-plan" in wrong else f'id="e-{wrong}"') in answer.text, data
    assert exceptions() == []
    # A day that is no holiday is no field of the form.
    assert manager.post(PATH, data={"plan-2031-02-03": "closed"}).status_code == 422


@pytest.mark.engines("sqlite", "postgresql")
def test_two_managers_who_plan_them_at_once_leave_the_plans_of_one(
    app: Flask,
    manager: FlaskClient,
    world: World,
    booked: int,
    now: datetime,
    holidays: list[Holiday],
) -> None:
    other = a_person(app, world, "other", now, "manager")
    first, second = holidays[:2]
    close = form((first, "closed"), (second, "closed"), confirm="cancel")
    keep = form((second, "normal"), (first, "normal"), confirm="keep")
    calls: list[Callable[[], Any]] = [
        partial(manager.post, PATH, data=close),
        partial(other.post, PATH, data=keep),
    ]
    answers = at_once(app, calls)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert states(first.day)["myllypuro"] == states(second.day)["myllypuro"] != "unplanned"


def test_only_who_plans_may(
    app: Flask, world: World, now: datetime, holidays: list[Holiday]
) -> None:
    anna = a_person(app, world, "anna", now)
    assert anna.get(PATH).status_code == 403
    assert anna.post(PATH, data=form((holidays[0], "closed"))).status_code == 403
    assert exceptions() == []


@pytest.mark.planted_fault("the plans of a form replace those made meanwhile")
def test_plans_that_replace_others_fail_the_check(
    manager: FlaskClient,
    world: World,
    holidays: list[Holiday],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "undecided", lambda session, plan: ["myllypuro"])
    monkeypatch.setattr(closures, "set_each", partial(_replacing, closures.set_each), raising=True)
    with pytest.raises(AssertionError):
        test_a_campus_that_has_a_plan_keeps_it(manager, world, holidays, now)


def _replacing(set_each: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return set_each(*args, **options | {"replace": True})
