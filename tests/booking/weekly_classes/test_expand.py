"""A weekly class becomes sessions: at the same wall-clock time, once, when the campus is open."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.world.booking import NOW, World, a_member, a_rule, a_session, an_actor, class_details
from zone.booking.allocations import rules as allocations_rules
from zone.booking.allocations.models import AllocationEvent, Hold
from zone.booking.expansions import service as expansions
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import rules as sessions_rules
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes import rules as weekly_classes_rules
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.rules import Expansion, Weekly
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import to_helsinki
from zone.places.opening_hours.service import set_exception


def days_made() -> list[date]:
    with reading() as session:
        return list(session.scalars(select(ClassSession.on_day).order_by(ClassSession.on_day)))


def expand(now: datetime) -> Expansion:
    with writing() as session:
        return expansions.expand_classes(session, now)


def test_a_class_keeps_its_wall_clock_time_when_clocks_change(world: World) -> None:
    with writing() as session:
        session.add(BookingPolicy(expand_days=45))
        weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
    with reading() as session:
        starts = session.scalars(
            select(ClassSession.starts_at).order_by(ClassSession.starts_at)
        ).all()
    assert {to_helsinki(start).time() for start in starts} == {time(17)}
    by_day = {to_helsinki(start).date(): start for start in starts}
    assert by_day[date(2026, 10, 20)].hour == 14
    assert by_day[date(2026, 10, 27)].hour == 15


def test_a_class_in_the_night_of_the_change_has_its_usual_length() -> None:
    [(_, start, end)] = weekly_classes_rules.weekly(
        Weekly((7,), time(2, 30), 120, date(2026, 10, 25), date(2026, 10, 25))
    )
    assert end - start == timedelta(hours=2)
    assert to_helsinki(end).time() == time(3, 30)


def test_expanding_again_creates_nothing_twice(world: World) -> None:
    with writing() as session:
        _, expansion = weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
    assert expansion.made == len(days_made()) == 5
    assert expand(NOW) == Expansion()
    assert expand(NOW + timedelta(days=7)).made == 1
    assert days_made() == [date(2026, 9, 22) + timedelta(days=7 * n) for n in range(6)]


def test_closed_days_and_shorter_days_are_left_out(world: World) -> None:
    closed, short = date(2026, 9, 29), date(2026, 10, 6)
    with writing() as session:
        set_exception(
            session, campus_id=world.campus, day=closed, opens=None, closes=None, reason="Works"
        )
        set_exception(
            session,
            campus_id=world.campus,
            day=short,
            opens=time(10),
            closes=time(17, 30),
            reason="Works",
        )
        _, expansion = weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
    assert expansion.closed == (closed, short)
    assert closed not in days_made()
    assert short not in days_made()


def test_sessions_hold_their_space_and_a_clash_creates_nothing(world: World) -> None:
    with writing() as session:
        weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
        assert session.scalar(select(func.count(Hold.id))) == 5 * 12
    with pytest.raises(DomainError, match="space_taken") as caught, writing() as session:
        weekly_classes.create_class(session, class_details(world), a_rule(at=time(17, 55)), now=NOW)
    assert caught.value.extra["clashes"][0] == "2026-09-22"
    assert len(days_made()) == 5
    with writing() as session:
        weekly_classes.create_class(session, class_details(world), a_rule(at=time(18)), now=NOW)


def test_a_clashing_day_is_created_when_it_is_free_again(world: World) -> None:
    with writing() as session:
        weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
        taken = a_session(
            session,
            world,
            start=datetime(2026, 11, 3, 15, tzinfo=UTC),
            offer=class_details(world, kind="event"),
        )
        manager = a_member(session, world, "manager", with_pass=False)
    later = NOW + timedelta(days=14)
    assert expand(later).clashes == (date(2026, 11, 3),)
    with writing() as session:
        sessions.cancel_session(
            session, an_actor(manager, "manager"), taken.public_id, reason="Moved", now=later
        )
    assert expand(later) == Expansion(made=1)


def test_a_cancelled_day_is_not_created_again(world: World) -> None:
    with writing() as session:
        weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
        first = session.scalars(select(ClassSession).order_by(ClassSession.starts_at)).first()
        assert first is not None
        manager = a_member(session, world, "manager", with_pass=False)
        sessions.cancel_session(
            session, an_actor(manager, "manager"), first.public_id, reason="Ill", now=NOW
        )
    assert expand(NOW) == Expansion()


def test_an_online_class_needs_no_space_and_no_opening_hours(world: World) -> None:
    offer = class_details(world, kind="online", space=None, capacity=200)
    with writing() as session:
        _, expansion = weekly_classes.create_class(session, offer, a_rule(at=time(23)), now=NOW)
        assert session.scalar(select(func.count(Hold.id))) == 0
    assert expansion == Expansion(made=5)


def test_every_session_begins_with_an_event(world: World) -> None:
    with writing() as session:
        weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
        assert session.scalars(select(AllocationEvent.kind)).all() == ["scheduled"] * 5


def test_past_holds_are_deleted(world: World) -> None:
    with writing() as session:
        past, coming = (
            a_session(session, world),
            a_session(session, world, start=NOW + timedelta(days=3)),
        )
        sessions.mark_held(session, NOW + timedelta(days=2))
        assert set(session.scalars(select(Hold.allocation_id))) == {coming.id}
        assert past.id != coming.id


@given(st.integers(0, 366 * 24 * 3600), st.integers(1, 300))
def test_slices_cover_a_span_exactly(second: int, minutes: int) -> None:
    start = NOW + timedelta(seconds=second)
    end = start + timedelta(minutes=minutes)
    taken = allocations_rules.slices(start, end)
    first, last = (
        taken.start * allocations_rules.SLICE_SECONDS,
        taken.stop * allocations_rules.SLICE_SECONDS,
    )
    assert start.timestamp() - allocations_rules.SLICE_SECONDS < first <= start.timestamp()
    assert end.timestamp() <= last < end.timestamp() + allocations_rules.SLICE_SECONDS


@given(st.integers(1, 7), st.dates(date(2026, 1, 1), date(2028, 1, 1)), st.integers(0, 400))
def test_a_weekly_session_falls_on_its_weekday_only(weekday: int, first: date, days: int) -> None:
    last = first + timedelta(days=days)
    when = Weekly((weekday,), time(17), 60, first, last)
    session_days = [day for day, _, _ in weekly_classes_rules.weekly(when)]
    every = [first + timedelta(days=n) for n in range(days + 1)]
    assert session_days == [day for day in every if day.isoweekday() == weekday]


@pytest.mark.parametrize(
    ("capacity", "kind", "percent", "bookable"),
    [
        (10, "class", 70, 7),
        (11, "class", 70, 7),
        (14, "course", 70, 9),
        (1, "class", 70, 1),
        (20, "class", 100, 20),
        (60, "own_use", 70, 60),
    ],
)
def test_bookable_places_are_rounded_down(
    capacity: int, kind: str, percent: int, bookable: int
) -> None:
    assert sessions_rules.bookable_places(capacity, kind, percent) == bookable
