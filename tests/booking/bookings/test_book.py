"""Booking a place and giving it back: who may, when, and every reason why not."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.booking import (
    NOW,
    World,
    a_member,
    a_session,
    activity_root,
    an_actor,
    class_details,
)
from tests.world.marks import mark_no_shows
from zone.booking.booking_bans.queries import banned_until
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.bookings.rules import BookedWindow
from zone.booking.no_shows import queries as no_shows_queries
from zone.booking.no_shows import service as no_shows
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import service as sessions_service
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.i18n import LANGUAGES
from zone.members.roster_marks.models import RosterMark


def book(member: int, class_session: uuid.UUID, now: datetime = NOW) -> Booking:
    with writing() as session:
        return bookings.book(session, member_id=member, class_session=class_session, now=now)


def cancel(member: int, booking: uuid.UUID, now: datetime = NOW) -> Booking:
    with writing() as session:
        return bookings.cancel(session, member_id=member, booking=booking, now=now)


def refused(member: int, class_session: uuid.UUID, now: datetime = NOW) -> list[str]:
    """The codes of all reasons against a booking."""
    with pytest.raises(DomainError) as caught:
        book(member, class_session, now)
    return [reason.code for reason in caught.value.reasons]


@pytest.fixture
def anna(app: Flask, world: World) -> int:
    with writing() as session:
        return a_member(session, world, "anna")


@pytest.fixture
def yoga(app: Flask, world: World) -> ClassSession:
    with writing() as session:
        return a_session(session, world)


def booked_places(session_id: int) -> int:
    with reading() as session:
        return session.get_one(ClassSession, session_id).booked


def test_a_booking_takes_one_place_and_writes_events(anna: int, yoga: ClassSession) -> None:
    booking = book(anna, yoga.public_id)
    assert booked_places(yoga.id) == 1
    with reading() as session:
        facts = session.execute(
            select(BookingEvent.kind, BookingEvent.occurred_at, BookingEvent.recorded_at)
        ).all()
        assert facts == [("booked", NOW, NOW)]
        assert (
            session.scalars(select(RosterMark.member_id).order_by(RosterMark.id)).all()[-1] == anna
        )
        assert bookings_queries.booked_windows(session, [anna], NOW)[anna] == [
            BookedWindow(
                yoga.space_id or 0, yoga.starts_at, yoga.ends_at, "class", activity_root(yoga)
            )
        ]
        stored = bookings_queries.live_booking(session, yoga.id, anna)
        assert stored is not None
        assert stored.id == booking.id


def test_a_cancelled_place_can_be_booked_again(anna: int, yoga: ClassSession) -> None:
    first = book(anna, yoga.public_id)
    cancel(anna, first.public_id)
    assert booked_places(yoga.id) == 0
    book(anna, yoga.public_id)
    assert booked_places(yoga.id) == 1
    with reading() as session:
        kinds = session.scalars(select(BookingEvent.kind).order_by(BookingEvent.id)).all()
        assert kinds == ["booked", "cancelled", "booked"]


def test_cancelling_twice_frees_one_place(world: World, anna: int, yoga: ClassSession) -> None:
    with writing() as session:
        other_member = a_member(session, world, "other")
    book(other_member, yoga.public_id)
    booking = book(anna, yoga.public_id)
    cancel(anna, booking.public_id)
    assert cancel(anna, booking.public_id).state == "cancelled"
    assert booked_places(yoga.id) == 1


def test_only_seven_of_ten_places_can_be_booked(world: World, yoga: ClassSession) -> None:
    with writing() as session:
        people = [a_member(session, world, f"p{n}") for n in range(8)]
    for person in people[:7]:
        book(person, yoga.public_id)
    assert refused(people[7], yoga.public_id) == ["session_full"]


def test_booking_opens_seven_days_ahead_and_closes_half_an_hour_before(
    anna: int, yoga: ClassSession
) -> None:
    start = yoga.starts_at
    assert refused(anna, yoga.public_id, start - timedelta(days=7, seconds=1)) == [
        "booking_not_open"
    ]
    assert refused(anna, yoga.public_id, start - timedelta(minutes=29)) == ["booking_closed"]
    book(anna, yoga.public_id, start - timedelta(minutes=30))


def test_a_place_can_be_cancelled_until_two_hours_before(anna: int, yoga: ClassSession) -> None:
    booking = book(anna, yoga.public_id)
    late = yoga.starts_at - timedelta(minutes=119)
    with pytest.raises(DomainError, match="cancel_too_late"):
        cancel(anna, booking.public_id, late)
    cancel(anna, booking.public_id, yoga.starts_at - timedelta(minutes=120))


def test_anothers_booking_cannot_be_cancelled(world: World, anna: int, yoga: ClassSession) -> None:
    booking = book(anna, yoga.public_id)
    with writing() as session:
        other_member = a_member(session, world, "other")
    with pytest.raises(DomainError, match="not_found"):
        cancel(other_member, booking.public_id)


def test_the_fifth_open_booking_is_refused(world: World, anna: int) -> None:
    with writing() as session:
        sessions = [a_session(session, world, start=NOW + timedelta(hours=4 + n)) for n in range(5)]
    for class_session in sessions[:4]:
        book(anna, class_session.public_id)
    assert refused(anna, sessions[4].public_id) == ["too_many_bookings"]
    after_the_first = sessions[0].ends_at
    book(anna, sessions[4].public_id, after_the_first)


def test_two_sessions_at_the_same_time_are_refused(
    world: World, anna: int, yoga: ClassSession
) -> None:
    with writing() as session:
        beside = a_session(
            session,
            world,
            start=yoga.starts_at + timedelta(minutes=59),
            offer=class_details(world, space=world.hall),
        )
        after = a_session(session, world, start=yoga.ends_at + timedelta(hours=1), minutes=30)
    book(anna, yoga.public_id)
    assert refused(anna, beside.public_id) == ["overlapping_booking"]
    book(anna, after.public_id)


def test_a_pass_that_ends_before_the_session_gives_no_right(world: World) -> None:
    with writing() as session:
        nobody = a_member(session, world, "nobody", with_pass=False)
        late = a_session(session, world, start=datetime.fromisoformat("2027-01-02T10:00+00:00"))
        soon = a_session(session, world)
        holder = a_member(session, world, "holder")
    assert refused(nobody, soon.public_id) == ["no_right"]
    assert refused(holder, late.public_id, late.starts_at - timedelta(days=2)) == ["no_right"]


def test_every_reason_is_named_at_once(world: World) -> None:
    with writing() as session:
        nobody = a_member(session, world, "nobody", with_pass=False)
        full = a_session(
            session, world, start=NOW + timedelta(days=8), offer=class_details(world, percent=10)
        )
        first = a_member(session, world, "first")
    book(first, full.public_id, NOW + timedelta(days=2))
    assert refused(nobody, full.public_id) == ["booking_not_open", "no_right", "session_full"]


def missed_sessions(world: World, member: int, days: Sequence[date]) -> None:
    """Let a person miss a session on each day, at noon UTC."""
    for day in days:
        noon = datetime.fromisoformat(f"{day}T12:00+00:00")
        with writing() as session:
            scarce = class_details(world, percent=10)
            missed = a_session(session, world, start=noon, offer=scarce)
        booking = book(member, missed.public_id, noon - timedelta(hours=3))
        with writing() as session:
            assert mark_no_shows(session, [booking.id], noon + timedelta(hours=2)) == 1
            assert mark_no_shows(session, [booking.id], noon + timedelta(hours=3)) == 0


def test_the_second_no_show_suspends_for_two_weeks(
    world: World, anna: int, yoga: ClassSession
) -> None:
    missed_sessions(world, anna, [date(2026, 9, 10)])
    cancel(anna, book(anna, yoga.public_id).public_id)
    missed_sessions(world, anna, [date(2026, 9, 20)])
    with pytest.raises(DomainError) as caught:
        book(anna, yoga.public_id)
    assert caught.value.code == "booking_suspended"
    refusal = caught.value
    said = {code: refusal.reasons[0].text(code, refusal.params) for code in LANGUAGES}
    assert ["su 4.10. 16.00" in said["fi"], "sön 4.10 16.00" in said["sv"]] == [True, True]
    assert "Sun 4 Oct 16.00" in said["en"]
    with writing() as session:
        later = a_session(session, world, start=NOW + timedelta(days=15))
    book(anna, later.public_id, NOW + timedelta(days=14))


def test_no_shows_of_the_last_term_do_not_count(
    world: World, anna: int, yoga: ClassSession
) -> None:
    missed_sessions(world, anna, [date(2026, 8, 29), date(2026, 8, 30)])
    book(anna, yoga.public_id)


def test_a_late_entry_corrects_a_no_show(world: World, anna: int, yoga: ClassSession) -> None:
    missed_sessions(world, anna, [date(2026, 9, 18), date(2026, 9, 20)])
    with reading() as session:
        assert banned_until(session, anna, NOW) is not None
        missed = session.scalars(select(Booking.id).where(Booking.state == "no_show")).all()
    with writing() as session:
        assert no_shows.mark_attended(session, missed[:1], NOW) == 1
    with reading() as session:
        assert banned_until(session, anna, NOW) is None
    book(anna, yoga.public_id)


def test_the_numbers_come_from_the_policy(world: World, anna: int, yoga: ClassSession) -> None:
    with writing() as session:
        session.add(BookingPolicy(closes_minutes=0, open_bookings=1))
        second = a_session(session, world, start=yoga.ends_at + timedelta(hours=1))
    book(anna, yoga.public_id, yoga.starts_at)
    assert refused(anna, second.public_id, yoga.starts_at) == ["too_many_bookings"]


def test_cancelling_a_session_cancels_bookings_and_frees_the_space(
    world: World, anna: int, yoga: ClassSession
) -> None:
    book(anna, yoga.public_id)
    with writing() as session:
        manager = a_member(session, world, "manager", with_pass=False)
        sessions_service.cancel_session(
            session,
            an_actor(manager, "manager"),
            yoga.public_id,
            reason="The instructor is ill",
            now=NOW,
        )
    assert booked_places(yoga.id) == 0
    assert refused(anna, yoga.public_id) == ["session_cancelled"]
    with writing() as session:
        a_session(session, world, start=yoga.starts_at)
        assert bookings_queries.booked_windows(session, [anna], NOW) == {anna: []}


def test_an_instructor_cancels_only_their_own_session(
    world: World, anna: int, yoga: ClassSession
) -> None:
    with pytest.raises(DomainError, match="forbidden"), writing() as session:
        sessions_service.cancel_session(
            session, an_actor(anna, "instructor"), yoga.public_id, reason="-", now=NOW
        )


def test_attendance_is_recorded_once(anna: int, yoga: ClassSession) -> None:
    booking = book(anna, yoga.public_id)
    with reading() as session:
        assert (
            no_shows_queries.bookings_to_settle(
                session, yoga.starts_at, yoga.ends_at - timedelta(seconds=1)
            )
            == []
        )
        assert no_shows_queries.bookings_to_settle(session, yoga.starts_at, yoga.ends_at) == [
            (booking.id, yoga.id, anna)
        ]
    with writing() as session:
        mark_no_shows(session, [booking.id], yoga.ends_at)
    with reading() as session:
        assert no_shows_queries.bookings_to_settle(session, yoga.starts_at, yoga.ends_at) == []
