"""The timetable and bookings over HTTP: what programs get, what people see, and who may do what."""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import World, a_member, a_person, a_session
from tests.world.people import a_browser, signed_in
from zone.booking.bookings.models import Booking
from zone.booking.sessions import rules as sessions_rules
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes.models import SessionRule
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date
from zone.members.roles.service import grant_role

pytestmark = pytest.mark.engines("sqlite")


def test_anyone_may_read_the_timetable(app: Flask, yoga: ClassSession) -> None:
    answer = a_browser(app).get("/api/v1/sessions")
    assert answer.status_code == 200
    [shown] = answer.get_json()["sessions"]
    assert shown["id"] == str(yoga.public_id)
    assert shown["name"] == {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"}
    assert (shown["bookable"], shown["left"], shown["capacity"]) == (1, 1, 10)
    assert (shown["campus"], shown["space"]["en"], shown["booking"]) == (
        "myllypuro",
        "Studio",
        None,
    )


def test_the_timetable_is_read_by_helsinki_days(app: Flask, yoga: ClassSession) -> None:
    day = helsinki_date(yoga.starts_at)
    client = a_browser(app)
    on_the_day = client.get(f"/api/v1/sessions?from={day}&to={day}").get_json()["sessions"]
    before = client.get(
        f"/api/v1/sessions?from={day - timedelta(days=3)}&to={day - timedelta(days=1)}"
    ).get_json()
    elsewhere = client.get(f"/api/v1/sessions?from={day}&campus=pasila").get_json()
    assert ([len(on_the_day)], before["sessions"], elsewhere["sessions"]) == ([1], [], [])


@pytest.mark.parametrize(
    "query",
    [
        "from=9999-12-31",
        "from=yesterday",
        "from=2026-05-02&to=2026-05-01",
        "from=2026-01-01&to=2027-01-01",
    ],
)
def test_an_invalid_span_is_refused_with_its_field(app: Flask, query: str) -> None:
    answer = a_browser(app).get(f"/api/v1/sessions?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["fields"]


def test_booking_and_cancelling_over_http(anna: FlaskClient, yoga: ClassSession) -> None:
    booked = anna.post("/api/v1/bookings", json={"session": str(yoga.public_id)})
    assert booked.status_code == 201, booked.json
    assert (booked.get_json()["state"], booked.get_json()["session"]["left"]) == ("booked", 0)
    [listed] = anna.get("/api/v1/me/bookings").get_json()["bookings"]
    assert listed["id"] == booked.get_json()["id"]
    for _ in range(2):
        cancelled = anna.delete(f"/api/v1/bookings/{booked.get_json()['id']}")
        assert (
            cancelled.status_code,
            cancelled.get_json()["state"],
            cancelled.get_json()["session"]["left"],
        ) == (
            200,
            "cancelled",
            1,
        )


def test_a_confirmation_waits_in_the_outbox(anna: FlaskClient, yoga: ClassSession) -> None:
    anna.post("/api/v1/bookings", json={"session": str(yoga.public_id)})
    with reading() as session:
        [mail] = session.scalars(select(OutboxMail)).all()
    assert mail.recipient == "anna@zone.example"
    assert "Metropolia Myllypuro, Studio" in mail.body


def test_the_same_key_books_once_and_answers_alike(anna: FlaskClient, yoga: ClassSession) -> None:
    body, key = {"session": str(yoga.public_id)}, {"Idempotency-Key": "tap-1"}
    booked = anna.post("/api/v1/bookings", json=body, headers=key)
    repeated = anna.post("/api/v1/bookings", json=body, headers=key)
    other_request = anna.post("/api/v1/bookings", json={"session": str(uuid.uuid4())}, headers=key)
    assert (booked.status_code, repeated.status_code, other_request.status_code) == (201, 201, 422)
    assert booked.json == repeated.json
    with reading() as session:
        assert session.scalar(select(func.count(Booking.id))) == 1


def test_a_full_session_is_refused_with_alternatives(
    app: Flask, world: World, anna: FlaskClient, yoga: ClassSession, now: datetime
) -> None:
    with writing() as session:
        later = a_session(session, world, start=now + timedelta(days=3), now=now)
        a_session(session, world, start=now + timedelta(days=9), now=now)  # not open yet
    anna.post("/api/v1/bookings", json={"session": str(yoga.public_id)})
    late = a_person(app, world, "late", now).post(
        "/api/v1/bookings", json={"session": str(yoga.public_id)}
    )
    assert (late.status_code, late.get_json()["code"]) == (409, "session_full")
    assert [free["id"] for free in late.get_json()["alternatives"]] == [str(later.public_id)]
    before = a_person(app, world, "before", now).get(f"/api/v1/sessions/{yoga.public_id}/can-book")
    assert before.status_code == 200
    assert before.get_json()["alternatives"] == late.get_json()["alternatives"]


def test_whether_one_can_book_is_said_before_with_every_reason(
    app: Flask, world: World, anna: FlaskClient, yoga: ClassSession, now: datetime
) -> None:
    path = f"/api/v1/sessions/{yoga.public_id}/can-book"
    before = anna.get(path).get_json()
    assert (before["can_book"], before["reasons"], before["queue"]) == (True, [], None)
    assert before["cancel_until"] is not None
    anna.post("/api/v1/bookings", json={"session": str(yoga.public_id)})
    late = a_person(app, world, "late", now)
    with writing() as session:
        nobody = a_member(session, world, "nobody", with_pass=False, now=now)
    said = signed_in(app, nobody).get(path).get_json()
    refused = signed_in(app, nobody).post("/api/v1/bookings", json={"session": str(yoga.public_id)})
    assert said["reasons"] == refused.get_json()["reasons"]
    assert [reason["code"] for reason in said["reasons"]] == ["no_right", "session_full"]
    full = late.get(path).get_json()
    nobody_waits = {"length": 0, "open": True, "entry": None, "offered_until": None}
    assert (full["can_book"], full["queue"]) == (False, nobody_waits)
    # Nobody can join a queue for what they have booked, or in which they wait.
    assert not anna.get(path).get_json()["queue"]["open"]
    entry = late.post(f"/api/v1/sessions/{yoga.public_id}/queue").get_json()["id"]
    own = {"length": 1, "open": False, "entry": entry, "offered_until": None}
    assert {**late.get(path).get_json()["queue"], "length": 1} == own
    assert full["cancel_until"] is None
    assert late.get(f"/api/v1/sessions/{uuid.uuid4()}/can-book").status_code == 404
    assert a_browser(app).get(path).status_code == 401


def test_booking_needs_a_signed_in_person(app: Flask, yoga: ClassSession) -> None:
    nobody = a_browser(app)
    assert nobody.post("/api/v1/bookings", json={"session": str(yoga.public_id)}).status_code == 401
    assert nobody.get("/api/v1/me/bookings").status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"session": "x"}, {"session": None}, {"session": str(uuid.uuid4()), "free": 1}]
)
def test_an_invalid_request_is_a_422(anna: FlaskClient, body: dict[str, Any]) -> None:
    assert anna.post("/api/v1/bookings", json=body).status_code == 422


def test_unknown_sessions_and_anothers_bookings_are_not_found(
    app: Flask, world: World, anna: FlaskClient, yoga: ClassSession, now: datetime
) -> None:
    booking = anna.post("/api/v1/bookings", json={"session": str(yoga.public_id)}).get_json()["id"]
    stranger = a_person(app, world, "stranger", now)
    for answer in (
        stranger.post("/api/v1/bookings", json={"session": str(uuid.uuid4())}),
        stranger.delete(f"/api/v1/bookings/{booking}"),
        stranger.delete(f"/api/v1/bookings/{uuid.uuid4()}"),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def a_class(space: uuid.UUID | None, now: datetime, /, **changes: Any) -> dict[str, Any]:
    today = helsinki_date(now)
    return {
        "name": {"fi": "Kahvakuula", "sv": "Kettlebell", "en": "Kettlebell"},
        "category": "strength",
        "space": str(space) if space else None,
        "weekdays": [3],
        "starts_at": "17:00",
        "minutes": 55,
        "first_on": f"{today}",
        "last_on": f"{today + timedelta(days=60)}",
    } | changes


def test_a_manager_creates_a_weekly_class(app: Flask, world: World, now: datetime) -> None:
    manager = a_person(app, world, "manager", now, "manager")
    created = manager.post("/api/v1/classes", json=a_class(world.hall_public, now))
    assert created.status_code == 201, created.json
    assert created.get_json()["sessions"] in {4, 5, 6}
    with reading() as session:
        assert session.scalar(select(func.count(ClassSession.id))) == created.get_json()["sessions"]
        assert session.scalars(select(AuditRow.action)).all() == ["class.create"]


def test_a_class_in_a_taken_space_creates_nothing(app: Flask, world: World, now: datetime) -> None:
    manager = a_person(app, world, "manager", now, "manager")
    manager.post("/api/v1/classes", json=a_class(world.hall_public, now))
    clash = manager.post(
        "/api/v1/classes", json=a_class(world.court_1, now, starts_at="17:50", capacity=4)
    )
    assert (clash.status_code, clash.get_json()["code"]) == (409, "space_taken")
    assert clash.get_json()["clashes"]
    with reading() as session:
        assert session.scalar(select(func.count(SessionRule.id))) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"space": None},
        {"weekdays": [8]},
        {"minutes": 0},
        {"starts_at": "25:00"},
        {"last_on": "2020-01-01"},
        {"kind": "own_use"},
        {"capacity": 61},
        {"name": {"fi": "vain suomeksi"}},
    ],
)
def test_an_invalid_class_is_refused(app: Flask, world: World, now: datetime, changes: Any) -> None:
    manager = a_person(app, world, "manager", now, "manager")
    assert (
        manager.post("/api/v1/classes", json=a_class(world.hall_public, now, **changes)).status_code
        == 422
    )


def test_students_cannot_create_classes(anna: FlaskClient, world: World, now: datetime) -> None:
    assert anna.post("/api/v1/classes", json=a_class(world.hall_public, now)).status_code == 403


def test_a_cancelled_session_is_mailed_to_those_who_booked(
    app: Flask, world: World, anna: FlaskClient, yoga: ClassSession, now: datetime
) -> None:
    anna.post("/api/v1/bookings", json={"session": str(yoga.public_id)})
    path = f"/api/v1/sessions/{yoga.public_id}/cancel"
    reason = {"reason": "Ohjaaja sairastui"}
    assert anna.post(path, json=reason).status_code == 403
    assert (
        a_person(app, world, "other", now, "instructor").post(path, json=reason).status_code == 403
    )
    manager = a_person(app, world, "manager", now, "manager")
    assert manager.post(path, json=reason).get_json()["state"] == "cancelled"
    assert manager.post(path, json=reason).get_json()["code"] == "session_cancelled"
    with reading() as session:
        mails = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "booking/session_cancelled")
        ).all()
    assert [mail.recipient for mail in mails] == ["anna@zone.example"]
    assert "Ohjaaja sairastui" in mails[0].body


def test_an_instructor_cancels_their_own_session(app: Flask, world: World, now: datetime) -> None:
    with writing() as session:
        instructor = a_member(session, world, "instructor", now=now)
        grant_role(session, instructor, "instructor", now)
        start = now + timedelta(days=1)
        own = sessions.create_session(
            session,
            sessions_rules.ClassDetails(
                kind="class",
                name_fi="A",
                name_sv="A",
                name_en="A",
                category="mind",
                capacity=5,
                space_id=world.studio,
                instructor_id=instructor,
            ),
            start,
            start + timedelta(minutes=45),
            now=now,
        )
    answer = signed_in(app, instructor).post(
        f"/api/v1/sessions/{own.public_id}/cancel", json={"reason": "Flu"}
    )
    assert answer.status_code == 200


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    return str(answer.text)


def test_a_guest_sees_the_week_with_a_link_to_sign_in(app: Flask, yoga: ClassSession) -> None:
    text = page(a_browser(app), f"/classes?day={helsinki_date(yoga.starts_at)}")
    assert "1 left" in text
    assert f"/sign-in?next=/classes/{yoga.public_id}" in text


@pytest.mark.parametrize("day", ["", "9999-12-31", "0001-01-01", "2026-13-01"])
def test_a_day_that_does_not_exist_shows_today(app: Flask, day: str) -> None:
    assert "Today" in page(a_browser(app), f"/classes?day={day}")


def test_booking_and_cancelling_by_plain_forms(anna: FlaskClient, yoga: ClassSession) -> None:
    form = re.search(
        r'action="(/classes/[^"]+/book)"',
        page(anna, f"/classes?day={helsinki_date(yoga.starts_at)}"),
    )
    assert form is not None
    booked = anna.post(form[1], headers={"Accept": "text/html"})
    assert booked.status_code == 303
    assert "Booked: Yoga" in page(anna, booked.location)
    cancel = re.search(r'action="(/bookings/[^"]+/cancel)"', page(anna, "/bookings"))
    assert cancel is not None
    cancelled = anna.post(cancel[1], headers={"Accept": "text/html"})
    assert cancelled.status_code == 303
    assert "Your booking is cancelled" in page(anna, cancelled.location)


def test_a_refused_form_shows_reasons_and_alternatives(
    app: Flask, world: World, anna: FlaskClient, yoga: ClassSession, now: datetime
) -> None:
    with writing() as session:
        free = a_session(session, world, start=now + timedelta(days=3), now=now)
    anna.post(f"/classes/{yoga.public_id}/book")
    answer = a_person(app, world, "late", now).post(
        f"/classes/{yoga.public_id}/book", headers={"Accept": "text/html"}
    )
    assert answer.status_code == 409
    assert "All places that can be booked are taken" in answer.text
    assert f"/classes/{free.public_id}" in answer.text
