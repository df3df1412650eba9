"""Times around the nights in which the clock changes: what people count is the wall clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask

from tests.world.booking import World, a_member, a_session
from tests.world.courts import reasons
from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings import service as bookings
from zone.booking.bookings.errors import BOOKING_NOT_OPEN
from zone.booking.bookings.rules import BookerState, BookingRequest
from zone.booking.no_shows.rules import suspended_until
from zone.booking.policies.rules import Policy
from zone.booking.reservations import context as reservations_context
from zone.booking.reservations.rules import bookable_now
from zone.booking.sessions import queries as sessions_queries
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import from_helsinki, helsinki_date, shift_days, to_helsinki

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)
TWO_DAYS = timedelta(days=2)
CHANGES = pytest.mark.parametrize("night", [SPRING, AUTUMN])
POLICY = Policy()


def at(day: date, clock: str, fold: int = 0) -> datetime:
    return from_helsinki(day, time.fromisoformat(clock), fold=fold)


@CHANGES
def test_booking_opens_at_the_same_clock_time_a_week_before(
    app: Flask, world: World, night: date
) -> None:
    start = at(night + TWO_DAYS, "17:30")
    opens = at(night + TWO_DAYS - timedelta(days=7), "17:30")
    with writing() as session:
        anna = a_member(session, world, "anna", now=opens)
        yoga = a_session(session, world, start=start, now=opens - TWO_DAYS).public_id
    with pytest.raises(DomainError) as refusal, writing() as session:
        early = opens - timedelta(seconds=1)
        bookings.book(session, member_id=anna, class_session=yoga, now=early)
    assert [reason.code for reason in refusal.value.reasons] == ["booking_not_open"]
    with reading() as session:
        view = sessions_queries.session_view(session, yoga)
    assert view.opens_at(POLICY) == opens
    assert view.status(POLICY, opens - timedelta(seconds=1)) == "soon"
    assert view.status(POLICY, opens) == "free"
    with writing() as session:
        bookings.book(session, member_id=anna, class_session=yoga, now=opens)


@CHANGES
def test_courts_open_at_the_same_clock_time_a_week_before(
    app: Flask, world: World, night: date
) -> None:
    day = night + TWO_DAYS
    now = at(day - timedelta(days=7), "17:30")
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
    with reading() as session:
        courts = reservations_context.courts_of_campus(session.connection(), [day])
    free = [to_helsinki(start.starts_at).time() for start in courts.free(now)[world.court_1]]
    assert max(free) == time(17, 30)
    assert reasons(anna, world.court_1, at(day, "18:00"), now=now) == ["booking_not_open"]
    assert reasons(anna, world.court_1, at(day, "17:30"), now=now) == []


@CHANGES
def test_a_pause_ends_at_the_same_clock_time(night: date) -> None:
    missed = at(night - TWO_DAYS, "18:30")
    until = suspended_until([missed - timedelta(days=1), missed], POLICY)
    assert until == at(night - TWO_DAYS + timedelta(days=14), "18:30")


@pytest.mark.parametrize(
    ("starts_at", "days", "shifted"),
    [
        # The clock skips 3.30 on the day before: booking opens at 4.30.
        (at(SPRING + timedelta(days=7), "03:30"), -7, at(SPRING, "04:30")),
        # The clock repeats 3.30: booking opens the first time, and does not close in between.
        (at(AUTUMN + timedelta(days=7), "03:30"), -7, at(AUTUMN, "03:30")),
        (at(AUTUMN, "03:30", fold=1), -7, at(AUTUMN - timedelta(days=7), "03:30")),
        (at(AUTUMN, "03:30"), 0, at(AUTUMN, "03:30")),
    ],
)
def test_skipped_and_repeated_times_are_shifted(
    starts_at: datetime, days: int, shifted: datetime
) -> None:
    assert shift_days(starts_at, days) == shifted


@pytest.mark.parametrize("days", [0, 1, 7, 30])
@CHANGES
def test_what_is_offered_is_what_the_rules_allow(night: date, days: int) -> None:
    """Every half hour around the change, for each start of the days on which booking opens."""
    policy = Policy(opens_days=days, closes_minutes=0)
    first = datetime(night.year, night.month, night.day, tzinfo=UTC) - timedelta(hours=6)
    for now in (first + timedelta(minutes=30 * n) for n in range(24)):
        bookable = bookable_now(policy, now)
        for start in (now + timedelta(days=days, minutes=30 * n) for n in range(-8, 9)):
            wish = BookingRequest(None, start, start + timedelta(hours=1), None, "class")
            refused = bookings_rules.check(wish, BookerState({}, [], []), policy, now)
            assert bookable(start) == (start >= now and BOOKING_NOT_OPEN not in refused)
            assert abs((helsinki_date(policy.opens_at(start)) - helsinki_date(start)).days) == days


@pytest.mark.planted_fault("days of 24 hours")
def test_days_of_24_hours_fail_the_check(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Policy, "opens_at", lambda policy, start: start - timedelta(days=policy.opens_days)
    )
    with pytest.raises(AssertionError):
        test_courts_open_at_the_same_clock_time_a_week_before(app, world, SPRING)
