"""The timetable over HTTP: addresses, cards that turn in place, taking back, and calendar files."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.world.booking import World, a_person, a_session, class_details
from tests.world.rendered_forms import text_of
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date

pytestmark = pytest.mark.engines("sqlite")
ENGLISH = {"Accept-Language": "en"}


def tap(client: FlaskClient, yoga: ClassSession, act: str, **form: str) -> TestResponse:
    """Send a card's form as htmx does."""
    headers = ENGLISH | {"HX-Request": "true", "HX-Target": f"c-{yoga.public_id}"}
    return client.post(f"/classes/{yoga.public_id}/{act}", headers=headers, data=form)


@pytest.mark.parametrize(
    "query",
    [
        "campus=myllypuro&kind=mind&time=evening&free=1",
        "campus=%20&kind=%F0%9F%92%A9&time=&free=yes",
        "campus='%20OR%201=1--&kind=<script>&time=<b>&day=9999-99-99",
        "day=2099-12-31&kind=dance&campus=a&campus=b",
    ],
)
def test_any_address_of_the_timetable_has_a_page(anna: FlaskClient, query: str) -> None:
    page = anna.get(f"/classes?{query}", headers=ENGLISH)
    assert page.status_code == 200
    assert "<script>&" not in page.text


def test_a_card_turns_in_place_and_offers_to_take_it_back(
    anna: FlaskClient, yoga: ClassSession
) -> None:
    booked = tap(anna, yoga, "book")
    assert (booked.status_code, "<html" in booked.text) == (200, False)
    assert f'id="c-{yoga.public_id}"' in booked.text
    assert "You’re in · cancel by" in text_of(booked.text)
    assert f'action="/classes/{yoga.public_id}/cancel"' in booked.text
    assert 'id="undo" hx-swap-oob' in booked.text
    day = helsinki_date(yoga.starts_at)
    assert f'class="mark has" id="has-{day}" hx-swap-oob' in booked.text, "the dot of its day"
    assert f'class="mark has" id="has-{day}"' in anna.get(f"/classes?day={day}").text
    undone = tap(anna, yoga, "cancel", undo="1")
    assert f'class="mark" id="has-{day}" hx-swap-oob' in undone.text
    assert "1 left" in undone.text
    assert 'class="undo"' not in undone.text, "given back without ado"
    with reading() as session:
        assert session.scalars(select(Booking.state)).all() == ["cancelled"]


def test_a_place_that_has_gone_meanwhile_is_not_promised_back(
    app: Flask, world: World, anna: FlaskClient, yoga: ClassSession, now: datetime
) -> None:
    tap(anna, yoga, "book")
    bert = a_person(app, world, "bert", now)
    tap(bert, yoga, "queue")
    assert "Undo" in tap(anna, yoga, "cancel").text  # Bert gets the place
    again = tap(anna, yoga, "book", undo="1")
    assert again.status_code == 409
    assert "Your place has gone to somebody else" in again.text
    assert f'action="/classes/{yoga.public_id}/queue"' in again.text
    assert "You’re in" in tap(bert, yoga, "book").text, "a second tap"


def test_a_refusal_stands_in_the_bar(anna: FlaskClient, yoga: ClassSession) -> None:
    refused = tap(anna, yoga, "queue")
    assert refused.status_code == 409
    assert f'id="c-{yoga.public_id}"' in refused.text
    card, bar = refused.text.split('<div id="undo"')
    assert "There is a free place in this session" in text_of(bar)
    assert "There is a free place" not in card, "the row keeps its height"


def test_a_browser_without_htmx_is_led_to_a_page(anna: FlaskClient, yoga: ClassSession) -> None:
    path = f"/classes/{yoga.public_id}"
    assert anna.post(f"{path}/book").location == f"{path}?done=booked"
    cancelled = anna.post(f"{path}/cancel")
    assert cancelled.location == f"{path}?done=cancelled"
    page = anna.get(cancelled.location, headers=ENGLISH)
    assert f'<form method="post" action="{path}/book"' in page.text
    assert anna.post(f"{path}/book", data={"from": "bookings"}).location == "/bookings?done=booked"
    assert anna.post(f"{path}/leave").status_code == 303, "nothing to leave"


def test_a_browser_without_htmx_that_came_from_the_list_is_led_back_to_it(
    anna: FlaskClient, yoga: ClassSession
) -> None:
    path, day = f"/classes/{yoga.public_id}", helsinki_date(yoga.starts_at)
    here = {"Referer": f"http://localhost/classes?day={day}&kind=mind&done=x&of=y"}
    booked = anna.post(f"{path}/book", headers=here).location
    back = f"/classes?day={day}&kind=mind&done=booked&of={yoga.public_id}#c-{yoga.public_id}"
    assert booked == back
    assert "Booked: Yoga" in text_of(anna.get(booked, headers=ENGLISH).text)
    assert "Booked: Yoga" not in anna.get(booked, headers=ENGLISH).text, "said once"
    elsewhere = {"Referer": f"http://evil.example/classes?day={day}"}
    assert anna.post(f"{path}/cancel", headers=elsewhere).location == f"{path}?done=cancelled"


def test_guests_are_asked_to_sign_in(app: Flask, yoga: ClassSession) -> None:
    guest = app.test_client()
    for path in (f"/classes?day={helsinki_date(yoga.starts_at)}", f"/classes/{yoga.public_id}"):
        page = guest.get(path, headers=ENGLISH).text
        assert f"/sign-in?next=/classes/{yoga.public_id}" in page
        assert f"{yoga.public_id}/book" not in page
    assert tap(guest, yoga, "book").status_code == 401


def test_an_overlap_names_the_other_booking_and_leads_back(
    anna: FlaskClient, world: World, yoga: ClassSession, now: datetime
) -> None:
    with writing() as session:
        hall = class_details(world, space=world.hall, name="Circuit")
        other = a_session(session, world, start=yoga.starts_at, offer=hall, now=now)
    tap(anna, yoga, "book")
    path = f"/classes/{other.public_id}"
    page = anna.get(path, headers=ENGLISH).text
    assert "Overlaps with Yoga" in text_of(page)
    with reading() as session:
        booking = session.scalars(select(Booking.public_id)).one()
    freed = anna.post(f"/bookings/{booking}/cancel", data={"instead": str(other.public_id)})
    assert freed.location == f"{path}?done=freed"
    assert "Now you can book this class" in anna.get(freed.location, headers=ENGLISH).text
    hostile = anna.post(f"/bookings/{booking}/cancel", data={"instead": "//evil.example"})
    assert hostile.location.startswith("/bookings?done=cancelled")


def test_a_class_goes_into_a_calendar(app: Flask, yoga: ClassSession) -> None:
    answer = app.test_client().get(f"/classes/{yoga.public_id}.ics")
    assert answer.mimetype == "text/calendar"
    assert f"UID:{yoga.public_id}@" in answer.text
    assert f"DTSTART:{yoga.starts_at:%Y%m%dT%H%M%SZ}" in answer.text
    assert app.test_client().get(f"/classes/{Booking.__name__}.ics").status_code == 404
