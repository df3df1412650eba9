"""My bookings: what stands on top, what stands apart, and what was called off and why."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import NOW, World
from tests.world.rendered_forms import text_of
from zone.booking.bookings.models import Booking
from zone.booking.bookings.views import CALLED_OFF_FOR, NEW_FOR, BookingView, own_bookings
from zone.booking.sessions.models import ClassSession
from zone.booking.timetable.states import invented_class
from zone.core.db.transactions import reading
from zone.core.time import helsinki_date

HOUR = timedelta(hours=1)


def a_booking(ahead: timedelta, state: str = "booked", **values: object) -> BookingView:
    start = NOW + ahead
    mine = {"id": uuid.uuid4(), "booking": uuid.uuid4(), "booked_at": NOW - HOUR}
    session = invented_class(
        7, helsinki_date(start), 0, starts_at=start, ends_at=start + HOUR, **mine
    )
    view = BookingView(uuid.uuid4(), state, session, False, 0, start - 2 * HOUR)
    return replace(view, **values)  # type: ignore[arg-type]  # names of fields


def test_a_new_place_from_the_queue_is_on_top_until_it_is_old_or_cannot_go_on() -> None:
    new = a_booking(8 * HOUR, promoted=True)
    old = replace(new, session=replace(new.session, booked_at=NOW - NEW_FOR), id=uuid.uuid4())
    late = a_booking(HOUR, promoted=True)
    page = own_bookings([late, new, old], [], NOW)
    assert page.offers == [new]
    assert page.coming == [late, old]
    assert page.held == 3


def test_cancelled_ones_stand_apart_until_their_time_is_over() -> None:
    mine = a_booking(8 * HOUR, "cancelled")
    ours = a_booking(-2 * HOUR, "cancelled", reason="The instructor is ill")
    gone = a_booking(-2 * HOUR, "cancelled")
    old = a_booking(-CALLED_OFF_FOR - 2 * HOUR, "cancelled", reason="ill")
    came = a_booking(-9 * HOUR, "attended")
    page = own_bookings([old, came, ours, gone, mine], [], NOW)
    assert page.cancelled == [ours, mine]
    assert page.past == [gone, came, old]


def test_what_was_booked_again_is_shown_once() -> None:
    first = a_booking(8 * HOUR, "cancelled")
    again = replace(first, id=uuid.uuid4(), state="booked")
    page = own_bookings([first, again], [], NOW)
    assert (page.coming, page.cancelled, page.past) == ([again], [], [])


@pytest.mark.engines("sqlite")
def test_who_had_booked_reads_why_a_class_was_called_off(
    app: Flask, world: World, anna: FlaskClient, manager: FlaskClient, yoga: ClassSession
) -> None:
    path = f"/classes/{yoga.public_id}"
    anna.post(f"{path}/book")
    answer = manager.post(
        f"/api/v1/sessions/{yoga.public_id}/cancel", json={"reason": "The floor <is> wet"}
    )
    assert answer.status_code == 200, answer.text
    english = {"Accept-Language": "en"}
    own = text_of(anna.get("/bookings", headers=english).text)
    assert "Cancelled by us: The floor <is> wet" in own
    assert "The floor <is> wet" in text_of(anna.get(path, headers=english).text)
    guest = app.test_client().get(path, headers=english).text
    assert "We had to cancel this class" in guest
    assert "wet" not in guest, "written for those who had booked"


@pytest.mark.engines("sqlite")
def test_a_cancelled_booking_can_be_undone_from_the_list(
    anna: FlaskClient, yoga: ClassSession
) -> None:
    anna.post(f"/classes/{yoga.public_id}/book")
    with reading() as session:
        booking = session.scalars(select(Booking.public_id)).one()
    cancelled = anna.post(f"/bookings/{booking}/cancel")
    page = anna.get(cancelled.location)
    assert f'action="/classes/{yoga.public_id}/book"' in page.text
    assert 'name="from" value="bookings"' in page.text
    for address in ("session=7", f"session={uuid.uuid4()}", ""):
        assert anna.get(f"/bookings?done=cancelled&{address}").status_code == 200
