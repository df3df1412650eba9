"""Who is offered a place takes it as they book any other, and is told so beforehand."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.booking.offers.test_offers import LATE, a_full_queue, give_back, people, yoga
from tests.world.booking import World, a_session, class_details
from tests.world.people import signed_in
from tests.world.waitlist import check_queues
from zone.booking.bookings import api as bookings_api
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import session_view
from zone.booking.waitlist.models import QueueEntry
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError

__all__ = ["people", "yoga"]


@pytest.fixture
def offered(people: list[int], yoga: ClassSession) -> int:
    """The second person of the queue, to whom the place of the first is offered."""
    a_full_queue(people, yoga)
    give_back(people)
    return people[1]


def book(member: int, yoga: ClassSession, at: object = LATE) -> Booking:
    with writing() as session:
        return bookings.book(session, member_id=member, class_session=yoga.public_id, now=at)  # type: ignore[arg-type]


def test_booking_takes_the_place_that_is_offered(offered: int, yoga: ClassSession) -> None:
    booking = book(offered, yoga)
    with reading() as session:
        entry = session.scalars(select(QueueEntry).where(QueueEntry.member_id == offered)).one()
        assert (entry.state, entry.booking_id) == ("booked", booking.id)
        assert session.get_one(ClassSession, yoga.id).booked == 1
    check_queues(LATE)


def test_others_still_find_it_full(offered: int, people: list[int], yoga: ClassSession) -> None:
    for other in (people[0], people[2]):
        with pytest.raises(DomainError, match="session_full"):
            book(other, yoga)


def test_an_offer_that_is_over_is_no_place(offered: int, yoga: ClassSession) -> None:
    with pytest.raises(DomainError, match="session_full"):
        book(offered, yoga, LATE + timedelta(minutes=30, seconds=1))


def test_the_api_says_it_beforehand_and_books_it(
    app: Flask, offered: int, people: list[int], yoga: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings_api, "utc_now", lambda: LATE)
    browser, path = signed_in(app, offered), f"/api/v1/sessions/{yoga.public_id}/can-book"
    said = browser.get(path).get_json()
    assert (said["can_book"], said["reasons"]) == (True, [])
    assert said["queue"]["offered_until"] is not None
    assert said["queue"]["open"] is False
    waiting = signed_in(app, people[2]).get(path).get_json()
    assert [reason["code"] for reason in waiting["reasons"]] == ["session_full"]
    assert (waiting["queue"]["open"], waiting["queue"]["offered_until"]) == (False, None)
    answer = browser.post("/api/v1/bookings", json={"session": str(yoga.public_id)})
    assert answer.status_code == 201, answer.get_json()


def test_who_is_offered_a_place_waits_no_more(
    offered: int, people: list[int], yoga: ClassSession
) -> None:
    with writing() as session:
        # Somebody before them was passed over, and waits on.
        passed = session.scalars(select(QueueEntry).where(QueueEntry.member_id == people[2])).one()
        first = session.scalars(select(QueueEntry).where(QueueEntry.member_id == offered)).one()
        ranks = (passed.rank, first.rank)
        passed.rank = 99
        session.flush()
        first.rank = ranks[0]
        session.flush()
        passed.rank = ranks[1]
    with reading() as session:
        view = session_view(session, yoga.public_id, member_id=offered)
    assert (view.queue_place, view.offered_until is None) == (None, False)


def test_what_is_free_instead_is_said_beforehand_too(
    app: Flask, offered: int, people: list[int], yoga: ClassSession, world: World
) -> None:
    with writing() as session:
        other = a_session(session, world, start=utc_now() + timedelta(days=2))
    with writing() as session:
        full = a_session(
            session,
            world,
            start=utc_now() + timedelta(days=3),
            offer=class_details(world, percent=10),
        )
    book(people[0], full, utc_now())
    said = signed_in(app, people[2]).get(f"/api/v1/sessions/{full.public_id}/can-book").get_json()
    assert [one["id"] for one in said["alternatives"]] == [str(other.public_id)]
