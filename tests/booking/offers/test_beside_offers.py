"""Offers beside what else happens: another policy, another place, a session that has ended."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.booking.offers.test_offers import (
    LATE,
    a_full_queue,
    accept,
    entry_of,
    give_back,
    holders,
    mails,
    people,
    yoga,
)
from tests.world.booking import NOW, World, a_session, class_details
from tests.world.waitlist import check_queues, events_of
from zone.booking.allocations.models import Allocation
from zone.booking.bookings import service as bookings
from zone.booking.policies.models import BookingPolicy
from zone.booking.seats.service import reserve_seat, write_booking
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import jobs
from zone.booking.waitlist import service as waitlist
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing

__all__ = ["people", "yoga"]


def test_that_booking_has_closed_is_not_why_a_person_is_passed_over(
    world: World, people: list[int], yoga: ClassSession
) -> None:
    """Where the queue books for longer than people do, who joined in time still may have it."""
    a_full_queue(people, yoga)
    with writing() as session:
        session.add(BookingPolicy(closes_minutes=300, cancel_minutes=0, promote_minutes=0))
        online = class_details(world, kind="online", space=None)
        other = a_session(session, world, start=yoga.starts_at, offer=online)
        reserve_seat(session, other.public_id)
        write_booking(session, other.id, people[1], NOW)
    give_back(people)
    [mail] = mails("queue_passed_over")
    assert "another booking at the same time" in mail.body
    assert holders(yoga) == [people[2]]


def test_an_offer_stands_whatever_window_another_policy_has(
    people: list[int], yoga: ClassSession
) -> None:
    a_full_queue(people, yoga)
    give_back(people)
    with writing() as session:
        session.add(BookingPolicy(closes_minutes=0, opens_days=1))
        moved = timedelta(days=3)
        session.execute(
            update(Allocation).values(
                starts_at=yoga.starts_at + moved, ends_at=yoga.ends_at + moved
            )
        )
    accept(people[1])
    assert holders(yoga) == [people[1]]


def test_who_books_another_free_place_gives_the_kept_one_back(
    world: World, people: list[int]
) -> None:
    with writing() as session:
        two = class_details(world, percent=20)
        yoga = a_session(session, world, start=LATE + timedelta(hours=2, minutes=30), offer=two)
    with writing() as session:
        bookings.book(session, member_id=people[2], class_session=yoga.public_id, now=NOW)
    a_full_queue(people[:2], yoga)
    for person in (people[0], people[2]):
        give_back([person])
    assert entry_of(people[1]).state == "offered"
    with writing() as session:
        bookings.book(session, member_id=people[1], class_session=yoga.public_id, now=LATE)
    assert events_of(people[1]) == ["joined", "offered", "left"]
    with reading() as session:
        assert session.get_one(ClassSession, yoga.id).booked == 1
    check_queues(LATE)


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.parametrize("ends", ["the job", "the person"])
def test_an_offer_that_outlasts_its_session_gives_its_place_back(
    people: list[int], yoga: ClassSession, settings: Settings, ends: str
) -> None:
    """After hours without a job the session is recorded as held first."""
    a_full_queue(people, yoga)
    give_back(people)
    with writing() as session:
        sessions.mark_held(session, yoga.ends_at)
    if ends == "the job":
        jobs.settle_queues(settings, yoga.ends_at)
    else:
        entry = entry_of(people[1]).public_id
        with writing() as session:
            waitlist.leave(session, member_id=people[1], entry=entry, now=yoga.ends_at)
    check_queues(yoga.ends_at)
