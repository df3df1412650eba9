"""Forty clients book, cancel, wait and leave at random: promotions stay correct.

Each test marked `planted_fault` breaks one thing and sees the same check fail.
"""

import random
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.booking import NOW, World, a_member, a_session, class_details
from tests.world.races import at_once, outcomes
from tests.world.waitlist import check_order, check_queues
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.policies.models import BookingPolicy
from zone.booking.promotions import service as promotions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError

CLIENTS = 40
STEPS = 6
SESSIONS = 3
EXPECTED = {
    "already_booked",
    "already_queued",
    "session_full",
    "session_not_full",
    "queue_place_promoted",
    "not_found",
    "overlapping_booking",
    "too_many_bookings",
}


def some_sessions(world: World, count: int = SESSIONS, places: int = 4) -> list[ClassSession]:
    """Create online sessions, one after the other, with few places each."""
    offer = class_details(world, kind="online", space=None, capacity=places, percent=100)
    starts = [NOW + timedelta(hours=5 + 2 * n) for n in range(count)]
    with writing() as session:
        return [a_session(session, world, start=start, offer=offer) for start in starts]


def some_people(world: World, count: int = CLIENTS) -> list[int]:
    with writing() as session:
        return [a_member(session, world, f"p{n}") for n in range(count)]


def live_booking(member: int, of: ClassSession) -> uuid.UUID | None:
    live = (Booking.session_id == of.id, Booking.member_id == member, Booking.state == "booked")
    with reading() as session:
        return session.scalar(select(Booking.public_id).where(*live))


def live_entry(member: int, of: ClassSession) -> uuid.UUID | None:
    live = (
        QueueEntry.session_id == of.id,
        QueueEntry.member_id == member,
        QueueEntry.state == "waiting",
    )
    with reading() as session:
        return session.scalar(select(QueueEntry.public_id).where(*live))


def book(member: int, of: ClassSession) -> None:
    with writing() as session:
        bookings.book(session, member_id=member, class_session=of.public_id, now=NOW)


def join(member: int, of: ClassSession) -> None:
    with writing() as session:
        waitlist.join(session, member_id=member, class_session=of.public_id, now=NOW)


def cancel(member: int, of: ClassSession) -> None:
    with writing() as session:
        bookings.cancel(
            session, member_id=member, booking=live_booking(member, of) or uuid.uuid4(), now=NOW
        )


def leave(member: int, of: ClassSession) -> None:
    with writing() as session:
        waitlist.leave(
            session, member_id=member, entry=live_entry(member, of) or uuid.uuid4(), now=NOW
        )


ACTS: Sequence[Callable[[int, ClassSession], None]] = (book, join, join, cancel, cancel, leave)


def one_client(seed: int, member: int, sessions: Sequence[ClassSession]) -> set[str]:
    """Book, wait, cancel and leave at random; return the refusals."""
    chance, met = random.Random(seed), set()
    for _ in range(STEPS):
        act, of = chance.choice(ACTS), chance.choice(sessions)
        try:
            act(member, of)
        except DomainError as refusal:
            met.add(refusal.code)
    return met


def book_or_wait(member: int, of: ClassSession) -> None:
    try:
        book(member, of)
    except DomainError:
        join(member, of)


def check_queues_under_load(app: Flask, world: World, seed: int = 1) -> None:
    """Let forty people act at once, and check counters and queues before any job runs."""
    sessions, people = some_sessions(world), some_people(world)
    with writing() as session:
        session.add(BookingPolicy(open_bookings=SESSIONS))
    for class_session, person in zip(
        [class_session for class_session in sessions for _ in range(4)], people, strict=False
    ):
        book(person, class_session)
    clients = [
        partial(one_client, 1000 * seed + n, person, sessions) for n, person in enumerate(people)
    ]
    met = set().union(*at_once(app, clients))
    met |= set(
        outcomes(
            app,
            [
                partial(book_or_wait, person, class_session)
                for person in people[:20]
                for class_session in sessions
            ],
        )
    )
    met |= set(
        outcomes(
            app,
            [
                partial(cancel, person, class_session)
                for person in people[::2]
                for class_session in sessions
            ],
        )
    )
    assert met <= EXPECTED | {"done"}
    check_queues(NOW)
    check_order()


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_under_load_no_place_is_free_while_somebody_waits(
    app: Flask, world: World, seed: int
) -> None:
    check_queues_under_load(app, world, seed)


@pytest.mark.thorough
@pytest.mark.engines("postgresql", thorough="sqlite")
@pytest.mark.planted_fault("only the sweep passes places on")
def test_promotion_only_by_the_job_fails_the_check(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotions, "give_places", lambda session, session_id, now: 0)
    with pytest.raises(AssertionError, match="a place is free while somebody waits"):
        check_queues_under_load(app, world)


@pytest.mark.thorough
@pytest.mark.engines("postgresql", thorough="sqlite")
@pytest.mark.planted_fault("promotions go past the counter")
def test_promotion_without_the_counter_fails_the_check(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotions, "reserve_seat", lambda session, class_session: True)
    with pytest.raises(AssertionError, match="the counter"):
        check_queues_under_load(app, world)


@pytest.mark.thorough
@pytest.mark.engines("postgresql", thorough="sqlite")
@pytest.mark.planted_fault("a queue read backwards")
def test_promotion_in_reverse_order_fails_the_check(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = promotions._lock_waiting
    monkeypatch.setattr(
        promotions, "_lock_waiting", lambda session, waiting: read(session, waiting)[::-1]
    )
    with pytest.raises(AssertionError, match="overtaken"):
        check_queues_under_load(app, world)
