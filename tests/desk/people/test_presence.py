"""The desk marks a person present, from their page, at the session of now that they have booked."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.world.booking import a_reservation, a_session
from tests.world.counter import Desk, Person, a_person, audited, browser
from tests.world.people import signed_in
from tests.world.rendered_forms import RenderedForm, forms_of
from zone.access.attendance.models import Sighting
from zone.booking.bookings import service as bookings
from zone.booking.seats.service import reserve_seat, write_booking
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing

pytestmark = pytest.mark.engines("sqlite")


def booked(desk: Desk, person: Person, start: datetime) -> ClassSession:
    """Store a session that the person has booked a day before it."""
    earlier = start - timedelta(days=1)
    with writing() as session:
        held = a_session(session, desk.site.world, start=start, now=earlier)
        bookings.book(session, member_id=person.id, class_session=held.public_id, now=earlier)
    return held


def presence_forms(desk: Desk, person: Person) -> list[RenderedForm]:
    forms = forms_of(desk.staff, f"/desk/people/{person.public}")
    return [form for form in forms if form.action.endswith("/presence")]


def count_sightings() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Sighting)) or 0


def test_the_desk_marks_a_person_present_at_the_session_of_now(desk: Desk, person: Person) -> None:
    booked(desk, person, utc_now() - timedelta(minutes=5))
    form = presence_forms(desk, person)[0]
    [button] = form.buttons
    assert button.startswith("Mark as here")
    done = form.submit(desk.staff, button)
    assert done.status_code == 303
    page = desk.staff.get(done.location).text
    assert "Marked as here." in page
    assert "> here</span>" in page
    assert presence_forms(desk, person) == [], "once is enough"
    assert (count_sightings(), audited("attendance.see")) == (1, 1)


def test_the_desk_marks_a_person_present_at_their_court(desk: Desk, person: Person) -> None:
    start = utc_now() - timedelta(minutes=5)
    earlier = start - timedelta(days=1)
    with writing() as session:
        court = a_reservation(session, desk.site.world, start=start, now=earlier)
        reserve_seat(session, court.public_id)
        write_booking(session, court.id, person.id, earlier)
    form = presence_forms(desk, person)[0]
    [button] = form.buttons
    done = form.submit(desk.staff, button)
    assert done.status_code == 303
    assert "> here</span>" in desk.staff.get(done.location).text
    assert count_sightings() == 1


def test_nobody_is_marked_present_long_before_a_session(desk: Desk, person: Person) -> None:
    booked(desk, person, utc_now() + timedelta(hours=2))
    assert presence_forms(desk, person) == []


def test_whoever_may_not_read_attendance_is_not_offered_to_write_it(
    desk: Desk, person: Person
) -> None:
    held = booked(desk, person, utc_now() - timedelta(minutes=5))
    admin = browser(desk, "admin")
    path = f"/desk/people/{person.public}"
    assert "Mark as here" not in admin.get(f"{path}?lang=en").text
    refused = admin.post(f"{path}/presence", data={"session": str(held.public_id)})
    assert refused.status_code == 403
    other = signed_in(desk.app, a_person(desk, "eino").id)
    assert other.post(f"{path}/presence", data={"session": str(held.public_id)}).status_code == 403
    assert count_sightings() == 0
