"""The queue for a full session: who gets the place that comes free, and who does not."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.waitlist import check_queues, events_of, waiting_for
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import jobs as waitlist_jobs
from zone.booking.waitlist import queries as waitlist_queries
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.constraints import constraint_name
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.passes.passes.models import Pass

LIMIT = timedelta(minutes=30)


@pytest.fixture
def yoga(app: Flask, world: World) -> ClassSession:
    """Tomorrow, with one place that can be booked."""
    with writing() as session:
        return a_session(
            session, world, start=NOW + timedelta(days=1), offer=class_details(world, percent=10)
        )


@pytest.fixture
def small(app: Flask, world: World) -> ClassSession:
    """Tomorrow, with one place, of the usual share of 70 %."""
    with writing() as session:
        offer = class_details(world, capacity=1)
        return a_session(session, world, start=NOW + timedelta(days=1), offer=offer)


@pytest.fixture
def at_the_same_time(world: World, yoga: ClassSession) -> ClassSession:
    """Another session, online, with places."""
    with writing() as session:
        return a_session(
            session,
            world,
            start=yoga.starts_at,
            offer=class_details(world, kind="online", space=None),
        )


@pytest.fixture
def people(app: Flask, world: World) -> list[int]:
    """Five people with a pass; the first is the one who has the place."""
    with writing() as session:
        return [a_member(session, world, f"p{n}") for n in range(5)]


def book(member: int, of: ClassSession) -> uuid.UUID:
    with writing() as session:
        return bookings.book(
            session, member_id=member, class_session=of.public_id, now=NOW
        ).public_id


def join(member: int, of: ClassSession) -> uuid.UUID:
    with writing() as session:
        return waitlist.join(
            session, member_id=member, class_session=of.public_id, now=NOW
        ).public_id


def cancel(member: int, booking: uuid.UUID) -> None:
    with writing() as session:
        bookings.cancel(session, member_id=member, booking=booking, now=NOW)


def leave(member: int, entry: uuid.UUID) -> QueueEntry:
    with writing() as session:
        return waitlist.leave(session, member_id=member, entry=entry, now=NOW)


def holders(of: ClassSession) -> Sequence[int]:
    """Who has a place, in the order in which they got it."""
    live = select(Booking.member_id).where(Booking.session_id == of.id, Booking.state == "booked")
    with reading() as session:
        return [*filter(None, session.scalars(live.order_by(Booking.id)))]


def mails(template: str) -> Sequence[str]:
    """Return the recipients of a kind of mail, in order."""
    with reading() as session:
        query = select(OutboxMail.recipient).where(OutboxMail.template == f"booking/{template}")
        return session.scalars(query.order_by(OutboxMail.id)).all()


def a_full_queue(people: list[int], yoga: ClassSession) -> uuid.UUID:
    """The first has the place, the others wait in their order: the booking of the first."""
    booking = book(people[0], yoga)
    for person in people[1:]:
        join(person, yoga)
    return booking


def test_a_cancelled_place_goes_to_the_first_in_the_queue(
    people: list[int], yoga: ClassSession
) -> None:
    booking = a_full_queue(people, yoga)
    cancel(people[0], booking)
    assert holders(yoga) == [people[1]]
    assert waiting_for(yoga.id) == people[2:]
    assert mails("queue_promoted") == ["p1@zone.example"]
    check_queues(NOW)


def test_a_promoted_person_can_cancel_and_the_next_is_promoted(
    people: list[int], yoga: ClassSession
) -> None:
    cancel(people[0], a_full_queue(people, yoga))
    with reading() as session:
        promoted = session.scalars(
            select(Booking.public_id).where(Booking.member_id == people[1])
        ).one()
        assert [view.promoted for view in bookings_queries.bookings(session, people[1], NOW)] == [
            True
        ]
    cancel(people[1], promoted)
    assert holders(yoga) == [people[2]]
    check_queues(NOW)


def test_everybody_sees_their_own_queue_place(people: list[int], yoga: ClassSession) -> None:
    a_full_queue(people, yoga)
    with reading() as session:
        places = [
            sessions_queries.session_view(session, yoga.public_id, member_id=person)
            for person in people
        ]
        stranger = sessions_queries.session_view(session, yoga.public_id)
    assert [view.queue_place for view in places] == [None, 1, 2, 3, 4]
    assert [view.queue_length for view in [*places, stranger]] == [4] * 6
    with reading() as session:
        [listed] = waitlist_queries.queue_places(session, people[2])
    assert (listed.id, listed.queue_place) == (yoga.public_id, 2)


def test_who_leaves_can_join_again_as_the_last(people: list[int], yoga: ClassSession) -> None:
    booking = a_full_queue(people, yoga)
    with reading() as session:
        entry = session.scalars(
            select(QueueEntry.public_id).where(QueueEntry.member_id == people[1])
        ).one()
    for _ in range(2):
        assert leave(people[1], entry).state == "left"
    join(people[1], yoga)
    assert waiting_for(yoga.id) == [*people[2:], people[1]]
    cancel(people[0], booking)
    assert holders(yoga) == [people[2]]
    assert events_of(people[1]) == ["joined", "left", "joined"]


def test_a_promoted_person_cannot_leave_the_queue(people: list[int], yoga: ClassSession) -> None:
    booking = book(people[0], yoga)
    entry = join(people[1], yoga)
    cancel(people[0], booking)
    with pytest.raises(DomainError, match="queue_place_promoted"):
        leave(people[1], entry)


def test_anothers_queue_entry_is_not_found(people: list[int], yoga: ClassSession) -> None:
    book(people[0], yoga)
    entry = join(people[1], yoga)
    with pytest.raises(DomainError, match="not_found"):
        leave(people[2], entry)


def refused(member: int, of: ClassSession, now: datetime = NOW) -> list[str]:
    with pytest.raises(DomainError) as caught, writing() as session:
        waitlist.join(session, member_id=member, class_session=of.public_id, now=now)
    return [reason.code for reason in caught.value.reasons]


def test_every_reason_against_waiting_is_named(
    world: World, people: list[int], yoga: ClassSession, at_the_same_time: ClassSession
) -> None:
    anna = people[1]
    assert refused(anna, yoga) == ["session_not_full"]
    book(people[0], yoga)
    assert refused(people[0], yoga) == ["already_booked"]
    join(anna, yoga)
    assert refused(anna, yoga) == ["already_queued"]
    assert refused(people[2], yoga, yoga.starts_at - LIMIT + timedelta(seconds=1)) == [
        "queue_closed"
    ]
    assert refused(people[2], yoga, yoga.starts_at - timedelta(days=8)) == ["booking_not_open"]
    with writing() as session:
        nobody = a_member(session, world, "nobody", with_pass=False)
        at_the_same_time = a_session(
            session,
            world,
            start=yoga.starts_at,
            offer=class_details(world, kind="online", space=None),
        )
    assert refused(nobody, yoga) == ["no_right"]
    book(people[3], at_the_same_time)
    assert refused(people[3], yoga) == ["overlapping_booking"]


def test_a_person_joins_five_queues_at_most(world: World, people: list[int]) -> None:
    offer = class_details(world, kind="online", space=None, capacity=1, percent=100)
    with writing() as session:
        full = [
            a_session(session, world, start=NOW + timedelta(hours=5 + n), minutes=30, offer=offer)
            for n in range(6)
        ]
        session.add(BookingPolicy(open_bookings=6))
    for class_session in full:
        book(people[0], class_session)
    for class_session in full[:5]:
        join(people[1], class_session)
    assert refused(people[1], full[5]) == ["too_many_queues"]
    with writing() as session:
        session.add(BookingPolicy(open_bookings=6, queue_places=6))
    join(people[1], full[5])


def test_a_person_with_an_overlap_is_passed_over_and_stays(
    people: list[int], yoga: ClassSession, at_the_same_time: ClassSession
) -> None:
    booking = a_full_queue(people, yoga)
    overlapping = book(people[1], at_the_same_time)
    cancel(people[0], booking)
    assert holders(yoga) == [people[2]]
    assert waiting_for(yoga.id) == [people[1], *people[3:]]
    cancel(people[1], overlapping)
    with reading() as session:
        second = session.scalars(
            select(Booking.public_id).where(Booking.member_id == people[2])
        ).one()
    cancel(people[2], second)
    assert holders(yoga) == [people[1]]


def test_the_job_gives_a_place_that_nobody_could_take(
    people: list[int], yoga: ClassSession, at_the_same_time: ClassSession, settings: Settings
) -> None:
    booking = book(people[0], yoga)
    join(people[1], yoga)
    overlapping = book(people[1], at_the_same_time)
    cancel(people[0], booking)
    assert waitlist_jobs.settle_queues(settings, NOW) == 0
    cancel(people[1], overlapping)
    assert waitlist_jobs.settle_queues(settings, NOW) == 1
    assert holders(yoga) == [people[1]]
    check_queues(NOW)


def test_a_person_without_a_right_is_removed_with_a_mail(
    people: list[int], yoga: ClassSession
) -> None:
    booking = a_full_queue(people, yoga)
    with writing() as session:
        session.execute(update(Pass).where(Pass.member_id == people[1]).values(ends_on=NOW.date()))
    cancel(people[0], booking)
    assert holders(yoga) == [people[2]]
    assert waiting_for(yoga.id) == people[3:]
    with reading() as session:
        [mail] = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "booking/queue_removed")
        )
        reason = session.scalar(select(QueueEvent.reason).where(QueueEvent.kind == "removed"))
    assert mail.recipient == "p1@zone.example"
    assert "Your pass does not cover this session" in mail.body
    assert reason == "no_right"


def test_after_the_limit_the_queue_expires_with_mails(
    people: list[int], yoga: ClassSession, settings: Settings
) -> None:
    a_full_queue(people, yoga)
    assert waitlist_jobs.settle_queues(settings, yoga.starts_at - LIMIT) == 0
    assert waitlist_jobs.settle_queues(settings, yoga.starts_at - LIMIT + timedelta(seconds=1)) == 4
    assert waitlist_jobs.settle_queues(settings, yoga.starts_at) == 0
    assert waiting_for(yoga.id) == []
    assert mails("queue_expired") == [f"p{n}@zone.example" for n in range(1, 5)]
    with reading() as session:
        assert set(session.scalars(select(QueueEntry.state))) == {"expired"}


def test_a_cancelled_session_ends_its_queue(people: list[int], yoga: ClassSession) -> None:
    a_full_queue(people, yoga)
    with writing() as session:
        sessions.cancel_session(
            session,
            an_actor(people[4], "manager"),
            yoga.public_id,
            reason="The instructor is ill",
            now=NOW,
        )
    assert waiting_for(yoga.id) == []
    assert mails("session_cancelled") == ["p0@zone.example"]
    assert mails("queue_removed") == [f"p{n}@zone.example" for n in range(1, 5)]


def test_more_places_go_to_the_queue_first(people: list[int], small: ClassSession) -> None:
    a_full_queue(people, small)
    set_capacity(small, 5, people[0])
    assert holders(small) == people[:3]  # 70 % of five are three
    with reading() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "session.capacity")).one()
    assert (row.before, row.after, row.reason) == (
        '{"capacity": 1}',
        '{"capacity": 5}',
        "A wall was moved",
    )
    check_queues(NOW)


def set_capacity(of: ClassSession, capacity: int, actor: int) -> ClassSession:
    with writing() as session:
        return sessions.set_capacity(
            session,
            an_actor(actor, "manager"),
            of.public_id,
            capacity,
            reason="A wall was moved",
            now=NOW,
        )


def test_a_session_never_gets_fewer_places_than_are_booked(
    people: list[int], small: ClassSession
) -> None:
    a_full_queue(people, small)
    set_capacity(small, 10, people[0])
    with pytest.raises(DomainError, match="capacity_below_booked") as caught:
        set_capacity(small, 7, people[0])
    least = caught.value.params["least"]
    assert caught.value.params == {"booked": 5, "least": 8}
    assert set_capacity(small, least, people[0]).bookable == 5
    with pytest.raises(DomainError, match="class_invalid"):
        set_capacity(small, 11, people[0])


def test_booking_a_free_place_ends_the_queue_entry(
    people: list[int], yoga: ClassSession, at_the_same_time: ClassSession
) -> None:
    booking = book(people[0], yoga)
    join(people[1], yoga)
    overlapping = book(people[1], at_the_same_time)
    cancel(people[0], booking)
    cancel(people[1], overlapping)
    book(people[1], yoga)
    assert waiting_for(yoga.id) == []
    assert events_of(people[1]) == ["joined", "passed_over", "left"]
    check_queues(NOW)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_a_second_end(people: list[int], yoga: ClassSession) -> None:
    cancel(people[0], a_full_queue(people, yoga))
    with reading() as session:
        ended = session.scalars(
            select(QueueEvent.entry_id).where(QueueEvent.kind == "booked")
        ).one()
    again = {"entry_id": ended, "kind": "booked", "occurred_at": NOW, "recorded_at": NOW}
    with pytest.raises(IntegrityError) as caught, writing() as session:
        session.execute(insert(QueueEvent), [again])
    assert constraint_name(caught.value) == "uq_queue_event_end"


def test_the_end_of_booking_does_not_stop_promotions(yoga: ClassSession, people: list[int]) -> None:
    """A place cancelled after booking has closed still goes to the waitlist."""
    with writing() as session:
        session.add(BookingPolicy(closes_minutes=240))
    booking = book(people[0], yoga)
    join(people[1], yoga)
    with writing() as session:
        bookings.cancel(
            session, member_id=people[0], booking=booking, now=yoga.starts_at - timedelta(hours=3)
        )
    check_queues(yoga.starts_at - timedelta(hours=3))
    with reading() as session:
        live = select(Booking.member_id).where(
            Booking.session_id == yoga.id, Booking.state == "booked"
        )
        assert list(session.scalars(live)) == [people[1]]
