"""Closed days and days with other hours: what they affect and cancel; races with bookings."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from functools import partial
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import (
    World,
    a_member,
    a_person,
    a_session,
    an_activity,
    an_actor,
    class_details,
)
from tests.world.courts import reasons
from tests.world.people import a_browser
from tests.world.races import DEADLINE, at_once
from zone.booking.allocations.models import Hold
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.closures import service as closures
from zone.booking.closures.queries import AffectedSession, affected_sessions
from zone.booking.closures.rules import NewDay
from zone.booking.closures.service import set_day
from zone.booking.expansions import service as expansions
from zone.booking.reservations import queries as reservations_queries
from zone.booking.reservations import service as reservations
from zone.booking.reservations.models import Reservation
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.rules import Weekly
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import from_helsinki, helsinki_date
from zone.places.campuses.models import Campus
from zone.places.opening_hours.models import OpeningException

PATH = "/api/v1/campuses/myllypuro/exceptions"


@pytest.fixture
def day(now: datetime) -> date:
    return helsinki_date(now) + timedelta(days=2)


@pytest.fixture
def booked(world: World, now: datetime, day: date) -> int:
    """Anna has a class at 17 and a court at 12; what she is in the database."""
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
        yoga = a_session(session, world, start=from_helsinki(day, time(17)), now=now)
        bookings.book(session, member_id=anna, class_session=yoga.public_id, now=now)
    assert reasons(anna, world.court_1, from_helsinki(day, time(12)), now=now) == []
    return anna


def closed(day: date, **more: Any) -> dict[str, Any]:
    return {"day": str(day), "reason": "Water damage", **more}


def states() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Booking.state).order_by(Booking.id)))


def test_closing_a_day_names_affected_sessions_and_keeps_them(
    manager: FlaskClient, booked: int, day: date
) -> None:
    answer = manager.post(PATH, json=closed(day))
    assert answer.status_code == 201, answer.json
    assert [
        (hit["kind"], hit["name"]["en"], hit["booked"]) for hit in answer.get_json()["hits"]
    ] == [
        ("own_use", "Court 1", 1),
        ("class", "Yoga", 1),
    ]
    assert (answer.get_json()["cancelled"], answer.get_json()["opens"]) == (False, None)
    assert states() == ["booked", "booked"]


def hits(answer: Any) -> list[tuple[str, str]]:
    return [(hit["kind"], hit["name"]["en"]) for hit in answer.get_json()["hits"]]


@pytest.mark.engines("sqlite")
def test_whatever_changes_the_hours_names_what_stands_outside(
    manager: FlaskClient, world: World, booked: int, day: date, now: datetime
) -> None:
    """Hours of one day, the ordinary ones again, and other ordinary hours."""
    long = closed(day, opens="07:00", closes="02:00", replace=True)
    assert hits(manager.post(PATH, json=long)) == []
    night = from_helsinki(day, time(23, 30))
    with writing() as session:
        late = class_details(world, name="Late")
        a_session(session, world, start=night, minutes=90, offer=late, now=now)
    assert hits(manager.delete(f"{PATH}/{day}")) == [("class", "Late")]
    week = {"weekdays": [day.isoweekday()], "valid_from": str(day), "closes": "16:00"}
    hours = "/api/v1/campuses/myllypuro/hours"
    assert hits(manager.post(hours, json=week | {"opens": "07:00"})) == [
        ("class", "Yoga"),
        ("class", "Late"),
    ]
    # Until the day before, on other weekdays, and on a day with hours of its own: nothing.
    other = {"weekdays": [(day + timedelta(days=1)).isoweekday()], "opens": "08:00"}
    assert hits(manager.post(hours, json=week | other)) == []
    until = {"opens": "09:00", "valid_from": str(helsinki_date(now))}
    until["valid_until"] = str(day - timedelta(days=1))
    assert hits(manager.post(hours, json=week | until)) == []
    manager.post(PATH, json=long)
    far = {"opens": "13:00", "valid_from": str(day - timedelta(days=1))}
    assert hits(manager.post(hours, json=week | far)) == []
    assert states() == ["booked", "booked"]


def test_closing_a_day_cancels_affected_sessions_with_a_mail(
    manager: FlaskClient, world: World, booked: int, day: date, now: datetime
) -> None:
    manager.post(PATH, json=closed(day, cancel=True))
    assert states() == ["cancelled", "cancelled"]
    with reading() as session:
        assert session.scalar(select(func.count(Hold.id))) == 0
        mails = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "booking/session_cancelled")
        ).all()
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
    assert len(mails) == 2
    assert all("Water damage" in mail.body for mail in mails)
    assert actions == ["session.cancel", "session.cancel", "campus.day"]
    assert reasons(booked, world.court_1, from_helsinki(day, time(12)), now=now) == ["place_closed"]


def test_other_hours_affect_only_what_falls_outside(
    manager: FlaskClient, booked: int, day: date
) -> None:
    answer = manager.post(PATH, json=closed(day, opens="10:00", closes="16:00", cancel=True))
    assert [hit["kind"] for hit in answer.get_json()["hits"]] == ["class"]
    assert sorted(states()) == ["booked", "cancelled"]


def test_set_hours_are_changed_only_with_replace(
    manager: FlaskClient, world: World, day: date
) -> None:
    assert manager.post(PATH, json=closed(day)).status_code == 201
    assert manager.post(PATH, json=closed(day)).status_code == 201, "the same again changes nothing"
    stale = manager.post(PATH, json=closed(day, opens="10:00", closes="16:00"))
    assert (stale.status_code, stale.get_json()["code"]) == (409, "day_already_set")
    assert stale.get_json()["current"]["reason"] == "Water damage"
    assert (
        manager.post(
            PATH, json=closed(day, opens="10:00", closes="16:00", replace=True)
        ).status_code
        == 201
    )
    shown = a_browser(manager.application).get("/api/v1/campuses/myllypuro/hours").get_json()
    assert shown["exceptions"] == [
        {
            "day": str(day),
            "opens": "10:00",
            "closes": "16:00",
            "reason": "Water damage",
            "reasons": dict.fromkeys(("fi", "sv", "en"), "Water damage"),
        }
    ]
    assert shown["week"][0] == {"weekday": 1, "hours": [{"opens": "07:00", "closes": "22:00"}]}
    assert manager.delete(f"{PATH}/{day}").status_code == 200
    assert manager.delete(f"{PATH}/{day}").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"opens": "10:00"}, None),
        ({"opens": "16:00", "closes": "16:00"}, None),
        ({"day": "9999-01-01"}, "day"),
        ({"opens": "25:00"}, "opens"),
        ({"reason": ""}, "reason"),
        ({"cancel": "yes"}, "cancel"),
        ({"x": 1}, "x"),
    ],
)
def test_invalid_hours_are_refused(
    manager: FlaskClient, world: World, day: date, change: dict[str, Any], field: str | None
) -> None:
    answer = manager.post(PATH, json=closed(day) | change)
    assert answer.status_code == 422
    if field:
        assert list(answer.get_json()["fields"]["json"]) == [field]
    else:
        assert answer.get_json()["code"] == "hours_invalid"
    with reading() as session:
        assert session.scalar(select(func.count(OpeningException.id))) == 0


def test_only_a_manager_closes_a_day(app: Flask, world: World, day: date, now: datetime) -> None:
    assert a_browser(app).post(PATH, json=closed(day)).status_code == 401
    assert a_person(app, world, "desk", now, "desk").post(PATH, json=closed(day)).status_code == 403


class Meanwhile:
    """Events that order the planted fault: rules checked, then the day closed."""

    def __init__(self) -> None:
        self.checked, self.closed = Event(), Event()

    def after(self, judge: Callable[..., Any]) -> Callable[..., Any]:
        """Return the rule such that it answers only after the day was closed."""

        def judge_before_the_closing(*args: Any, **more: Any) -> Any:
            answer = judge(*args, **more)
            self.checked.set()
            self.closed.wait(DEADLINE)
            return answer

        return judge_before_the_closing


def close(campus: int, actor: int, day: date, now: datetime, meanwhile: Meanwhile | None) -> None:
    if meanwhile is not None:
        assert meanwhile.checked.wait(DEADLINE)
    with writing() as session:
        campus_code = session.get_one(Campus, campus).code
        set_day(
            session,
            an_actor(actor, "manager"),
            campus_code,
            NewDay(day, None, "Closed"),
            cancel=True,
            replace=True,
            now=now,
        )
    if meanwhile is not None:
        meanwhile.closed.set()


def check_nothing_is_left_on_a_closed_day(
    app: Flask, world: World, day: date, now: datetime, meanwhile: Meanwhile | None = None
) -> None:
    """Five book at the moment at which the day is closed: each is refused or called off."""
    with writing() as session:
        people = [a_member(session, world, f"p{n}", now=now) for n in range(6)]
    calls: list[Callable[[], object]] = [
        partial(reasons, person, world.court_1, from_helsinki(day, time(8 + n)), now=now)
        for n, person in enumerate(people[1:])
    ]
    calls.insert(2, partial(close, world.campus, people[0], day, now, meanwhile))
    at_once(app, calls)
    with reading() as session:
        remaining = session.scalars(
            select(ClassSession.id).where(ClassSession.state == "scheduled")
        ).all()
        assert list(remaining) == []
        assert session.scalar(select(func.count(Hold.id))) == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_no_booking_is_left_on_a_closed_day(
    app: Flask, world: World, day: date, now: datetime
) -> None:
    check_nothing_is_left_on_a_closed_day(app, world, day, now)


# SQLite's writers are one at a time from BEGIN IMMEDIATE on; nothing to take away here.
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("bookings do not wait for the closing")
def test_bookings_without_the_space_lock_fail_the_check(
    app: Flask,
    world: World,
    day: date,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meanwhile = Meanwhile()
    monkeypatch.setattr(reservations, "lock_space", lambda *_: None)
    monkeypatch.setattr(
        reservations, "check_reservation", meanwhile.after(reservations_queries.check_reservation)
    )
    with pytest.raises(AssertionError):
        check_nothing_is_left_on_a_closed_day(app, world, day, now, meanwhile)


def expand(now: datetime) -> None:
    with writing() as session:
        expansions.expand_classes(session, now)


def check_no_class_is_made_on_a_closed_day(
    app: Flask, world: World, day: date, now: datetime, meanwhile: Meanwhile | None = None
) -> None:
    """Expand a weekly class while a day is closed: that session is cancelled or left out."""
    when = Weekly((day.isoweekday(),), time(17), 60, day, day)
    with writing() as session:
        manager = a_member(session, world, "manager", now=now)
        rule = SessionRule(
            public_id=uuid4(),
            kind="class",
            activity=an_activity(session),
            space_id=world.studio,
            capacity=10,
            **asdict(when),
        )
        session.add(rule)
    at_once(app, [partial(expand, now), partial(close, world.campus, manager, day, now, meanwhile)])
    with reading() as session:
        assert session.scalar(select(func.count()).where(ClassSession.state == "scheduled")) == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_no_class_is_left_on_a_closed_day(
    app: Flask, world: World, day: date, now: datetime
) -> None:
    check_no_class_is_made_on_a_closed_day(app, world, day, now)


# SQLite's writers are one at a time from BEGIN IMMEDIATE on; nothing to take away here.
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("a class that does not wait for the closing")
def test_classes_without_the_space_lock_fail_the_check(
    app: Flask,
    world: World,
    day: date,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meanwhile = Meanwhile()
    monkeypatch.setattr(expansions, "lock_spaces", lambda *_: None)
    monkeypatch.setattr(expansions, "is_open_for", meanwhile.after(expansions.is_open_for))
    with pytest.raises(AssertionError):
        check_no_class_is_made_on_a_closed_day(app, world, day, now, meanwhile)


# SQLite's writers are one at a time: nobody comes between.
@pytest.mark.engines("postgresql")
def test_a_booking_cancelled_meanwhile_does_not_stop_the_closure(
    app: Flask,
    world: World,
    day: date,
    now: datetime,
    booked: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the very moment: after the closing has read what it hits, and before it calls that off."""
    with reading() as session:
        own = session.execute(
            select(Booking.public_id).join(Reservation, Reservation.id == Booking.session_id)
        ).scalar_one()
    read = affected_sessions

    def cancel_booking() -> None:
        with writing() as session:
            bookings.cancel(session, member_id=booked, booking=own, now=now)

    def read_and_be_overtaken(*args: Any) -> list[AffectedSession]:
        affected = read(*args)
        at_once(app, [cancel_booking])
        return affected

    monkeypatch.setattr(closures, "affected_sessions", read_and_be_overtaken)
    close(world.campus, booked, day, now, None)
    with reading() as session:
        assert set(session.scalars(select(ClassSession.state))) == {"cancelled"}
