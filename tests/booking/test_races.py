"""Forty clients at once: no place is sold twice and no space is held twice, on both engines.

Each client is a thread with its own transaction, on a pool smaller than the number of clients, as
in the service.
"""

import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.orm import Session

from tests.world.booking import NOW, World, a_member, a_rule, a_session, class_details
from tests.world.races import DEADLINE, outcomes
from zone.booking.allocations.models import Allocation
from zone.booking.allocations.rules import slices
from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import service as bookings
from zone.booking.bookings.errors import SESSION_FULL
from zone.booking.bookings.models import Booking
from zone.booking.bookings.rules import BookerState
from zone.booking.expansions import service as expansions
from zone.booking.policies.models import BookingPolicy
from zone.booking.reservations import rules as reservations_rules
from zone.booking.reservations import service as reservations
from zone.booking.reservations.rules import ReservationRequest
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes import service as weekly_classes
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.places.spaces.queries import space_by_id

TOMORROW = NOW + timedelta(days=1)
CLICKS = 8
CLIENTS = 40
PLACES = 7
Book = Callable[[int, uuid.UUID], object]


def book(member: int, class_session: uuid.UUID) -> Booking:
    with writing() as session:
        return bookings.book(session, member_id=member, class_session=class_session, now=NOW)


def check_no_place_is_sold_twice(app: Flask, world: World, book: Book = book) -> None:
    """Let forty people book seven places: seven succeed, the others get session_full."""
    with writing() as session:
        people = [a_member(session, world, f"p{n}") for n in range(CLIENTS)]
        class_session = a_session(session, world).public_id
    results = outcomes(app, [partial(book, person, class_session) for person in people])
    with reading() as session:
        sold = session.scalar(select(func.count(Booking.id)).where(Booking.state == "booked"))
        assert (sold, session.scalar(select(ClassSession.booked))) == (PLACES, PLACES)
    assert results == {"done": PLACES, "session_full": CLIENTS - PLACES}


@pytest.mark.engines("sqlite", "postgresql")
def test_forty_clients_book_as_many_as_there_are_places(app: Flask, world: World) -> None:
    check_no_place_is_sold_twice(app, world)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_constraint_refuses_what_the_counter_lets_through(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings, "reserve_seat", reserve_without_condition)
    check_no_place_is_sold_twice(app, world)


def reserve_without_condition(session: Session, class_session: uuid.UUID) -> bool:
    """Reserve a seat by an UPDATE without its condition."""
    one_more = update(Allocation).values(booked=Allocation.booked + 1)
    session.execute(
        one_more.where(Allocation.public_id == class_session).execution_options(
            synchronize_session=False
        )
    )
    return True


@pytest.mark.thorough
@pytest.mark.planted_fault("check, then insert")
@pytest.mark.engines("sqlite", "postgresql")
def test_check_then_insert_oversells(app: Flask, world: World) -> None:
    everyone_has_looked = threading.Barrier(CLIENTS)

    def check_then_insert(member: int, class_session: uuid.UUID) -> None:
        with reading() as session:
            requested = session.scalars(
                select(ClassSession).where(ClassSession.public_id == class_session)
            ).one()
            live = select(func.count(Booking.id)).where(
                Booking.session_id == requested.id, Booking.state == "booked"
            )
            free = (session.scalar(live) or 0) < requested.bookable
        everyone_has_looked.wait(DEADLINE)
        if not free:
            raise DomainError(SESSION_FULL)
        with writing() as session:
            session.add(
                Booking(
                    public_id=uuid.uuid4(),
                    session_id=requested.id,
                    member_id=member,
                    created_at=NOW,
                )
            )

    with pytest.raises(AssertionError, match=rf"\({CLIENTS}, 0\)"):
        check_no_place_is_sold_twice(app, world, check_then_insert)


def check_two_clicks_make_one_booking(app: Flask, world: World) -> None:
    """Let one person click eight times at once: one booking of one place, and seven refusals."""
    with writing() as session:
        person, class_session = (
            a_member(session, world, "anna"),
            a_session(session, world).public_id,
        )
    results = outcomes(app, [partial(book, person, class_session)] * CLICKS)
    with reading() as session:
        assert session.scalar(select(func.count(Booking.id))) == 1
        assert session.scalar(select(ClassSession.booked)) == 1
    assert results == {"done": 1, "already_booked": CLICKS - 1}


@pytest.mark.engines("sqlite", "postgresql")
def test_two_clicks_at_once_make_one_booking(app: Flask, world: World) -> None:
    check_two_clicks_make_one_booking(app, world)


def write_without_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the open bookings of a person from the rules."""
    see = bookings_context.booker_state_in
    monkeypatch.setattr(
        bookings_context, "booker_state_in", lambda rows: replace(see(rows), open={})
    )


@pytest.mark.engines("sqlite", "postgresql")
def test_the_unique_key_refuses_what_the_rules_missed(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_without_rules(monkeypatch)
    check_two_clicks_make_one_booking(app, world)


@pytest.mark.thorough
@pytest.mark.own_database
@pytest.mark.planted_fault("no unique key of live bookings")
@pytest.mark.engines("sqlite", "postgresql")
def test_without_the_unique_key_every_click_books(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_without_rules(monkeypatch)
    drop_index("uq_booking_live")
    with pytest.raises(AssertionError):
        check_two_clicks_make_one_booking(app, world)


def drop_index(name: str) -> None:
    with writing() as session:
        session.execute(text(f"DROP INDEX {name}"))


def check_the_limit_per_person_holds(app: Flask, world: World) -> None:
    """Let one person, who may have four open bookings, book eight sessions at once."""
    with writing() as session:
        person = a_member(session, world, "anna")
        class_sessions = [
            a_session(session, world, start=NOW + timedelta(hours=4 + 2 * n)).public_id
            for n in range(CLICKS)
        ]
    results = outcomes(
        app, [partial(book, person, class_session) for class_session in class_sessions]
    )
    assert results == {"done": 4, "too_many_bookings": CLICKS - 4}


@pytest.mark.engines("sqlite", "postgresql")
def test_the_limit_of_open_bookings_holds_for_simultaneous_clicks(app: Flask, world: World) -> None:
    check_the_limit_per_person_holds(app, world)


# SQLite's writers are one at a time from BEGIN IMMEDIATE on; nothing to take away here.
@pytest.mark.thorough
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("no lock on the member")
def test_without_the_member_lock_the_limit_is_exceeded(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone_has_looked, read_state = threading.Barrier(CLICKS), bookings_context.booker_state_in

    def read_at_the_same_time(rows: Sequence[Row[*tuple[Any, ...]]]) -> BookerState:
        state = read_state(rows)
        everyone_has_looked.wait(DEADLINE)
        return state

    monkeypatch.setattr(bookings, "lock_member", lambda session, member_id: None)
    monkeypatch.setattr(bookings_context, "booker_state_in", read_at_the_same_time)
    with pytest.raises(AssertionError):
        check_the_limit_per_person_holds(app, world)


def book_space(member: int, space: uuid.UUID, start: datetime, minutes: int) -> Booking:
    with writing() as session:
        return reservations.book_space(
            session, member_id=member, requested=ReservationRequest(space, start, minutes), now=NOW
        )


def held_twice() -> int:
    """Count the (part, slice) pairs of two sessions, from the sessions and not from their holds."""
    taken: Counter[tuple[int, int]] = Counter()
    with reading() as session:
        for class_session in session.scalars(
            select(Allocation).where(Allocation.state == "scheduled")
        ):
            parts = space_by_id(session, class_session.space_id or 0).parts
            taken.update(
                (part, piece)
                for part in parts
                for piece in slices(class_session.starts_at, class_session.ends_at)
            )
    return sum(count > 1 for count in taken.values())


def check_no_space_is_held_twice(app: Flask, world: World) -> None:
    """Forty people reserve the hall or one of two courts in it at overlapping times."""
    chance = random.Random(7)
    spaces = [world.hall_public, world.court_1, world.court_2]
    with writing() as session:
        people = [a_member(session, world, f"p{n}") for n in range(CLIENTS)]
    starts = [TOMORROW + timedelta(minutes=30 * chance.randrange(4)) for _ in people]
    reservations_made = [
        partial(book_space, person, chance.choice(spaces), start, chance.choice([30, 60, 90]))
        for person, start in zip(people, starts, strict=True)
    ]
    results = outcomes(app, reservations_made)
    assert held_twice() == 0
    assert results["done"] >= 1
    assert results["done"] + results["space_taken"] == CLIENTS


@pytest.mark.engines("sqlite", "postgresql")
def test_no_space_is_held_twice(app: Flask, world: World) -> None:
    check_no_space_is_held_twice(app, world)


@pytest.mark.thorough
@pytest.mark.own_database
@pytest.mark.planted_fault("no unique key of holds")
@pytest.mark.engines("sqlite", "postgresql")
def test_without_the_hold_key_spaces_overlap(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_index("uq_hold_part_slice")
    monkeypatch.setattr(reservations_rules, "is_held", lambda *_: False)
    with pytest.raises(AssertionError):
        check_no_space_is_held_twice(app, world)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_counter_is_right_after_many_cancellations(app: Flask, world: World) -> None:
    with writing() as session:
        people = [a_member(session, world, f"p{n}") for n in range(12)]
        class_session = a_session(session, world)
    booked = {person: book(person, class_session.public_id).public_id for person in people[:PLACES]}

    def cancel_booking(person: int) -> None:
        with writing() as session:
            bookings.cancel(session, member_id=person, booking=booked[person], now=NOW)

    works: list[Callable[[], object]] = [
        partial(cancel_booking, person) for person in booked for _ in range(2)
    ]
    works += [partial(book, person, class_session.public_id) for person in people[PLACES:]]
    results = outcomes(app, works)
    assert results["done"] + results["session_full"] == len(works)
    with reading() as session:
        live = session.scalar(select(func.count(Booking.id)).where(Booking.state == "booked"))
        assert session.scalar(select(ClassSession.booked)) == live


@pytest.mark.engines("sqlite", "postgresql")
def test_two_schedulers_expand_a_rule_once(app: Flask, world: World) -> None:
    with writing() as session:
        session.add(BookingPolicy(expand_days=1))
    with writing() as session:
        weekly_classes.create_class(
            session, class_details(world), a_rule(), now=NOW - timedelta(days=3)
        )
        session.add(BookingPolicy(expand_days=60))

    def expand() -> None:
        with writing() as session:
            expansions.expand_classes(session, NOW)

    assert outcomes(app, [expand] * 4) == {"done": 4}
    with reading() as session:
        days = session.scalars(select(ClassSession.on_day)).all()
    assert len(days) == len(set(days)) == 9
