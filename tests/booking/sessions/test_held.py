"""What target B reads: guided sessions that were held, as they were known at a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from zone.booking.activities.rules import SESSION_KINDS
from zone.booking.allocations.invariants import count_wrong_session_states
from zone.booking.allocations.models import AllocationEvent
from zone.booking.bookings import service as bookings
from zone.booking.bookings.invariants import count_wrong_booking_states
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import reading, writing
from zone.reporting.supporting import queries as supporting_queries

AUTUMN = (datetime(2026, 8, 30, 21, tzinfo=UTC), datetime(2026, 12, 20, 22, tzinfo=UTC))
LATER = NOW + timedelta(days=2)


def held(as_of: datetime = LATER) -> list[str]:
    with reading() as session:
        return [
            held_session.kind
            for held_session in sessions_queries.held_sessions(session, AUTUMN, as_of)
        ]


def mark_held(now: datetime) -> int:
    with writing() as session:
        return sessions.mark_held(session, now)


def test_only_guided_exercise_counts(world: World) -> None:
    kinds = [(kind, True) for kind in SESSION_KINDS] + [("online", False)]
    with writing() as session:
        for n, (kind, live) in enumerate(kinds):
            offer = class_details(
                world, kind=kind, live=live, space=None if kind == "online" else -1
            )
            a_session(session, world, start=NOW + timedelta(hours=n), offer=offer)
    assert mark_held(LATER) == 8
    assert held() == ["class", "course", "low_threshold", "online"]


def test_a_session_is_held_when_it_has_ended_and_only_once(world: World) -> None:
    with writing() as session:
        yoga = a_session(session, world)
    assert mark_held(yoga.ends_at - timedelta(seconds=1)) == 0
    assert mark_held(yoga.ends_at + timedelta(minutes=5)) == 1
    assert mark_held(yoga.ends_at + timedelta(minutes=6)) == 0
    with reading() as session:
        fact = session.scalars(select(AllocationEvent).where(AllocationEvent.kind == "held")).one()
    assert (fact.occurred_at, fact.recorded_at) == (
        yoga.ends_at,
        yoga.ends_at + timedelta(minutes=5),
    )


def test_a_cancelled_session_was_not_held(world: World) -> None:
    with writing() as session:
        yoga = a_session(session, world)
        manager = a_member(session, world, "manager", with_pass=False)
        sessions.cancel_session(
            session, an_actor(manager, "manager"), yoga.public_id, reason="Ill", now=NOW
        )
    assert mark_held(LATER) == 0
    assert held() == []


def test_the_event_that_was_written_last_decides_though_its_request_began_before(
    world: World,
) -> None:
    """A request that waits for the lock of a session is recorded as of its own beginning."""
    with writing() as session:
        yoga = a_session(session, world)
        anna = a_member(session, world, "anna")
        manager = an_actor(a_member(session, world, "manager", with_pass=False), "manager")
    at = yoga.ends_at + timedelta(minutes=5)
    second = timedelta(seconds=1)
    with writing() as session:
        bookings.book(session, member_id=anna, class_session=yoga.public_id, now=NOW + second)
    mark_held(at + second)
    with writing() as session:
        sessions.correct_session(
            session, manager, yoga.public_id, held=False, reason="Nobody came", now=at
        )
    assert held() == []
    with reading() as session:
        found = supporting_queries.supporting(session, NOW.year, LATER)
        assert {figure.key: (figure.part, figure.whole) for figure in found}["filled"] == (0, 0)
        assert count_wrong_session_states(session, NOW) == 0


def test_a_booking_that_ends_while_it_is_made_is_in_the_state_of_its_events(world: World) -> None:
    with writing() as session:
        yoga = a_session(session, world)
        anna = a_member(session, world, "anna")
        manager = an_actor(a_member(session, world, "manager", with_pass=False), "manager")
        booked_at = NOW + timedelta(seconds=1)
        bookings.book(session, member_id=anna, class_session=yoga.public_id, now=booked_at)
    with writing() as session:
        sessions.cancel_session(session, manager, yoga.public_id, reason="Ill", now=NOW)
    with reading() as session:
        assert count_wrong_booking_states(session, NOW) == 0
        assert supporting_queries.booked(session, AUTUMN, LATER) == []


def test_parallel_sessions_count_each_and_one_session_counts_once(world: World) -> None:
    with writing() as session:
        a_session(session, world)
        a_session(session, world, offer=class_details(world, space=world.hall, name="Circuit"))
    mark_held(LATER)
    assert held() == ["class", "class"]


CANCELLED_LATER = LATER + timedelta(days=5)
Held = Callable[[datetime], list[str]]


def check_old_figures_stay(world: World, held: Held = held) -> None:
    """A session was marked as held, and days later it turns out that nobody came to lead it."""
    with writing() as session:
        yoga = a_session(session, world)
        manager = a_member(session, world, "manager", with_pass=False)
    mark_held(LATER)
    known_then = held(LATER)
    with writing() as session:
        sessions.correct_session(
            session,
            an_actor(manager, "manager"),
            yoga.public_id,
            held=False,
            reason="Nobody led it",
            now=CANCELLED_LATER,
        )
    assert held(LATER) == known_then == ["class"]
    assert held(CANCELLED_LATER) == []
    assert held(NOW) == []


def test_a_correction_does_not_change_old_figures(world: World) -> None:
    check_old_figures_stay(world)


@pytest.mark.thorough
@pytest.mark.planted_fault("figures read the present state")
def test_reading_the_present_state_changes_old_figures(world: World) -> None:
    def present_state(_as_of: datetime) -> list[str]:
        with reading() as session:
            return list(
                session.scalars(select(ClassSession.kind).where(ClassSession.state == "held"))
            )

    with pytest.raises(AssertionError):
        check_old_figures_stay(world, present_state)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_to_change_a_fact(world: World) -> None:
    with writing() as session:
        a_session(session, world)
    with pytest.raises(DatabaseError), writing() as session:
        session.execute(update(AllocationEvent).values(kind="held"))


def test_the_window_is_by_start_and_half_open(world: World) -> None:
    with writing() as session:
        first = a_session(session, world, start=AUTUMN[0], minutes=30)
        a_session(session, world, start=AUTUMN[1], minutes=30)
    mark_held(AUTUMN[1] + timedelta(days=1))
    with reading() as session:
        [counted] = sessions_queries.held_sessions(session, AUTUMN, AUTUMN[1] + timedelta(days=2))
    assert (counted.session_id, counted.starts_at) == (first.id, AUTUMN[0])
