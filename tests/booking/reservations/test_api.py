"""Courts over HTTP: free times, reserving, reasons with alternatives, forty clients at once."""

import random
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.booking.test_races import held_twice
from tests.world.booking import World, a_member, a_person
from tests.world.people import a_browser
from tests.world.races import at_once
from zone.booking.allocations import service as allocations
from zone.booking.bookings.errors import BOOKING_CLOSED, BOOKING_SUSPENDED
from zone.booking.bookings.models import Booking
from zone.booking.reservations import rules as reservations_rules
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki
from zone.places.opening_hours.models import OpeningException
from zone.places.spaces.models import Space

CLIENTS = 40


@pytest.fixture
def noon(tomorrow: date) -> datetime:
    return from_helsinki(tomorrow, time(12))


def court_request(
    space: uuid.UUID, start: datetime, minutes: int = 60, **more: Any
) -> dict[str, Any]:
    return {"space": str(space), "starts_at": start.isoformat(), "minutes": minutes, **more}


def book(client: FlaskClient, *args: Any, key: str | None = None, **more: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(
        "/api/v1/courts/bookings", json=court_request(*args, **more), headers=headers
    )


def test_a_booked_court_is_of_a_kind_that_the_schema_names(
    anna: FlaskClient, world: World, noon: datetime
) -> None:
    made = book(anna, world.court_1, noon)
    document = anna.get("/api/v1/openapi.json").get_json()
    named = document["components"]["schemas"]["BookingSession"]["properties"]["kind"]["enum"]
    assert made.get_json()["session"]["kind"] in named


def test_anyone_may_see_what_is_free(app: Flask, world: World, tomorrow: date) -> None:
    shown = (
        a_browser(app).get(f"/api/v1/courts?day={tomorrow}&campus=myllypuro&minutes=90").get_json()
    )
    assert (shown["day"], shown["next_free"], len(shown["courts"])) == (str(tomorrow), None, 3)
    court = shown["courts"][0]
    assert (court["name"]["en"], court["campus"], court["most_minutes"], court["companions"]) == (
        "Court 1",
        "myllypuro",
        120,
        0,
    )
    assert len(court["free"]) == 28
    assert court["free"][-1]["longest"] == 90
    assert a_browser(app).get("/api/v1/courts?campus=elsewhere").get_json()["courts"] == []


@pytest.mark.parametrize(
    "query", ["day=9999-12-31", "day=soon", "minutes=0", "minutes=x", "minutes=9999"]
)
def test_an_invalid_query_is_refused_with_its_field(app: Flask, world: World, query: str) -> None:
    answer = a_browser(app).get(f"/api/v1/courts?{query}")
    assert (answer.status_code, list(answer.get_json()["fields"]["query"])) == (
        422,
        [query.partition("=")[0]],
    )


def test_a_closed_day_names_the_next_free_time(app: Flask, world: World, tomorrow: date) -> None:
    with writing() as session:
        session.add(OpeningException(campus_id=world.campus, day=tomorrow, reason="Exam"))
    shown = a_browser(app).get(f"/api/v1/courts?day={tomorrow}&minutes=60").get_json()
    assert datetime.fromisoformat(shown["next_free"]["starts_at"]) == from_helsinki(
        tomorrow + timedelta(days=1), time(7)
    )


def test_a_court_is_reserved_once_for_a_key_and_cancelled(
    anna: FlaskClient, world: World, noon: datetime
) -> None:
    with writing() as session:
        session.scalars(select(Space).where(Space.public_id == world.court_1)).one().companions = 1
    booked, repeated = (book(anna, world.court_1, noon, companions=1, key="tap") for _ in range(2))
    assert (booked.status_code, repeated.status_code) == (201, 201), booked.json
    assert booked.json == repeated.json
    assert (booked.get_json()["companions"], booked.get_json()["session"]["kind"]) == (1, "own_use")
    assert book(anna, world.court_2, noon, key="tap").status_code == 422
    cancelled = anna.delete(f"/api/v1/bookings/{booked.get_json()['id']}")
    assert (cancelled.status_code, cancelled.get_json()["state"]) == (200, "cancelled")
    assert book(anna, world.court_1, noon).status_code == 201


def test_every_409_has_alternatives_that_this_person_can_book(
    app: Flask, anna: FlaskClient, world: World, noon: datetime, now: datetime
) -> None:
    book(anna, world.court_1, noon)
    berta = a_person(app, world, "berta", now)
    for key in (None, "k"):
        refused = book(berta, world.court_2, noon, key=key)
        assert (refused.status_code, refused.get_json()["code"]) == (409, "space_taken")
        offered = refused.get_json()["alternatives"]
        assert [
            datetime.fromisoformat(court_time["starts_at"]) - noon for court_time in offered
        ] == [
            timedelta(hours=-1),
            timedelta(hours=1),
            timedelta(hours=-1.5),
        ]
    taken = offered[0]
    assert (
        book(
            berta, uuid.UUID(taken["space"]), datetime.fromisoformat(taken["starts_at"])
        ).status_code
        == 201
    )


def test_a_space_that_is_not_for_own_use_has_alternatives(
    anna: FlaskClient, world: World, noon: datetime
) -> None:
    with reading() as session:
        studio = session.get_one(Space, world.studio).public_id
    refused = book(anna, studio, noon)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "not_bookable")
    assert refused.get_json()["alternatives"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("space", "x"),
        ("starts_at", "2026-09-22T12:00:00"),
        ("starts_at", "9999-01-01T00:00:00+00:00"),
        ("minutes", 0),
        ("minutes", "60"),
        ("minutes", True),
        ("companions", -1),
        ("companions", 100),
        ("more", 1),
    ],
)
def test_invalid_input_is_refused_with_its_field(
    anna: FlaskClient, world: World, noon: datetime, field: str, value: object
) -> None:
    answer = anna.post(
        "/api/v1/courts/bookings", json=court_request(world.court_1, noon) | {field: value}
    )
    assert answer.status_code == 422
    assert list(answer.get_json()["fields"]["json"]) == [field]
    with reading() as session:
        assert session.scalar(select(func.count(Booking.id))) == 0


def test_an_unknown_court_is_not_found_and_guests_are_refused(
    app: Flask, anna: FlaskClient, world: World, noon: datetime
) -> None:
    assert book(anna, uuid.uuid4(), noon).status_code == 404
    assert book(a_browser(app), world.court_1, noon).status_code == 401


def check_no_court_is_held_twice(
    app: Flask, world: World, noon: datetime, now: datetime
) -> Counter[int]:
    """Forty clients want overlapping times of courts that straddle thirds, all at once."""
    chance = random.Random(11)
    with writing() as session:
        for n in range(CLIENTS):
            a_member(session, world, f"rush{n}", now=now)
    clients = [a_person(app, world, f"racer{n}", now) for n in range(CLIENTS)]
    courts = [world.court_1, world.court_2, world.hall_public]
    calls: list[Callable[[], Any]] = [
        partial(
            book,
            client,
            chance.choice(courts),
            noon + timedelta(minutes=30 * chance.randrange(3)),
            chance.choice([30, 60, 90]),
            key=f"race-{n}",
        )
        for n, client in enumerate(clients)
    ]
    answers = at_once(app, calls)
    statuses = Counter(answer.status_code for answer in answers)
    assert held_twice() == 0
    assert statuses[201] >= 1
    assert set(statuses) <= {201, 409, 503}  # 503: the database was busy, try again
    assert {answer.get_json()["code"] for answer in answers if answer.status_code == 409} <= {
        "space_taken"
    }
    assert all(answer.get_json()["alternatives"] for answer in answers if answer.status_code == 409)
    return statuses


@pytest.mark.engines("sqlite", "postgresql")
def test_forty_clients_never_hold_a_court_twice(
    app: Flask, world: World, noon: datetime, now: datetime
) -> None:
    check_no_court_is_held_twice(app, world, noon, now)


@pytest.mark.thorough
@pytest.mark.planted_fault("a booking that holds nothing")
def test_a_reservation_without_holds_fails_the_check(
    app: Flask, world: World, noon: datetime, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allocations, "hold", lambda *_: None)
    with pytest.raises(AssertionError):
        check_no_court_is_held_twice(app, world, noon, now)


@pytest.mark.thorough
@pytest.mark.planted_fault("only the check before the insert is left")
def test_the_constraint_refuses_what_the_rules_miss(
    app: Flask, world: World, noon: datetime, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reservations_rules, "is_held", lambda *_: False)
    statuses = check_no_court_is_held_twice(app, world, noon, now)
    assert statuses[409] >= 1, "the key of the holds refused them, and nothing else looked"


@pytest.mark.engines("sqlite")
def test_no_refusal_of_a_court_sends_people_to_it_without_a_booking(world: World) -> None:
    """The door of a court opens for bookings only; a class has places for who comes without."""
    for code in (BOOKING_CLOSED, BOOKING_SUSPENDED):
        for language, to_classes in (("fi", "tunn"), ("sv", "gruppass"), ("en", "class")):
            sentence = code.text(language, dict.fromkeys(("minutes", "until", "no_shows"), "2"))
            *_, last = sentence.rstrip(".").split(". ")
            assert to_classes in last.lower()
