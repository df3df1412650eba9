"""A space for one's own use: whole, on the grid, within the opening hours, with the right pass."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.world.booking import NOW, World, a_member, a_session, class_details
from zone.booking.allocations.models import Hold
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.reservations import service as reservations
from zone.booking.reservations.rules import ReservationRequest
from zone.booking.sessions import queries as sessions_queries
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.places.spaces.queries import space_by_id

TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def anna(world: World) -> int:
    with writing() as session:
        return a_member(session, world, "anna")


def book(member: int, space: uuid.UUID, start: datetime = TOMORROW, minutes: int = 60) -> Booking:
    with writing() as session:
        return reservations.book_space(
            session, member_id=member, requested=ReservationRequest(space, start, minutes), now=NOW
        )


def refused(
    member: int, space: uuid.UUID, start: datetime = TOMORROW, minutes: int = 60
) -> list[str]:
    with pytest.raises(DomainError) as caught:
        book(member, space, start, minutes)
    return [reason.code for reason in caught.value.reasons]


def test_a_reservation_holds_its_parts_and_is_private(world: World, anna: int) -> None:
    book(anna, world.court_1)
    with reading() as session:
        assert session.scalar(select(func.count(Hold.id))) == 2 * 12
        [booking] = bookings_queries.bookings(session, anna, NOW)
        assert booking.session.name["en"] == "Court 1"
        assert sessions_queries.sessions(session, (NOW, NOW + timedelta(days=7))) == []
        assert len(bookings_queries.booked_windows(session, [anna], NOW)[anna]) == 1


def test_courts_that_share_a_third_exclude_each_other_and_the_hall(world: World, anna: int) -> None:
    book(anna, world.court_1)
    with writing() as session:
        other_member = a_member(session, world, "other")
    assert refused(other_member, world.court_2) == ["space_taken"]
    assert refused(other_member, world.hall_public, TOMORROW + timedelta(minutes=30)) == [
        "space_taken"
    ]
    book(other_member, world.court_2, TOMORROW + timedelta(hours=1))


def test_a_class_in_the_hall_excludes_reservations_of_its_courts(world: World, anna: int) -> None:
    with writing() as session:
        a_session(session, world, start=TOMORROW, offer=class_details(world, space=world.hall))
    assert refused(anna, world.court_1) == ["space_taken"]


def test_a_cancelled_reservation_frees_the_court(world: World, anna: int) -> None:
    booking = book(anna, world.court_1)
    with writing() as session:
        bookings.cancel(session, member_id=anna, booking=booking.public_id, now=NOW)
        bookings.cancel(session, member_id=anna, booking=booking.public_id, now=NOW)
        assert session.scalar(select(func.count(Hold.id))) == 0
    book(anna, world.court_2)


@pytest.mark.parametrize(
    ("minute", "length"), [(7, 60), (15, 60), (0, 45), (0, 150), (0, 0), (0, -30)]
)
def test_invalid_starts_and_lengths_are_refused(
    world: World, anna: int, minute: int, length: int
) -> None:
    assert (
        refused(anna, world.court_1, TOMORROW + timedelta(minutes=minute), length)[0]
        == "bad_booking_time"
    )


def test_a_court_cannot_be_booked_while_the_campus_is_closed(world: World, anna: int) -> None:
    assert refused(anna, world.court_1, TOMORROW.replace(hour=18, minute=30)) == ["place_closed"]
    book(anna, world.court_1, TOMORROW.replace(hour=18, minute=0))


def test_every_reason_is_named_at_once(world: World) -> None:
    with writing() as session:
        nobody = a_member(session, world, "nobody", with_pass=False)
    far = (TOMORROW + timedelta(days=9)).replace(hour=20)
    assert refused(nobody, world.court_1, far) == ["place_closed", "booking_not_open", "no_right"]


def test_a_studio_is_not_for_own_use_and_a_court_is_no_class(world: World, anna: int) -> None:
    with reading() as session:
        studio = space_by_id(session, world.studio).public_id
    assert refused(anna, studio) == ["not_bookable"]
    assert refused(anna, uuid.uuid4()) == ["not_found"]
    booking = book(anna, world.court_1)
    with reading() as session:
        [court] = [
            view.session
            for view in bookings_queries.bookings(session, anna, NOW)
            if view.id == booking.public_id
        ]
    with writing() as session:
        other_member = a_member(session, world, "other")
        with pytest.raises(DomainError, match="not_found"):
            bookings.book(session, member_id=other_member, class_session=court.id, now=NOW)
