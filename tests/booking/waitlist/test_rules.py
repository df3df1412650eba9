"""What happens to the next person on a waitlist, by the time of day and before the start."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from zone.booking.bookings.errors import OVERLAPPING_BOOKING
from zone.booking.bookings.rules import BookingRequest
from zone.booking.policies.rules import Policy
from zone.booking.waitlist.rules import WaitlistOutcome, offer_until, waitlist_outcome
from zone.core.time import from_helsinki

DAY = date(2026, 9, 22)
POLICY = Policy()


def at(hour: int, minute: int = 0, *, day: date = DAY) -> datetime:
    return from_helsinki(day, time(hour, minute))


def outcome(starts_at: datetime, now: datetime, policy: Policy = POLICY) -> WaitlistOutcome:
    request = BookingRequest(1, starts_at, starts_at + timedelta(hours=1), "a", "class")
    return waitlist_outcome([], request, policy, now)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # A class at 18.00: it can be cancelled until 16.00, so it is booked until 15.00.
        (at(8), WaitlistOutcome.BOOKED),
        (at(15), WaitlistOutcome.BOOKED),
        (at(15) + timedelta(seconds=1), WaitlistOutcome.OFFERED),
        (at(17, 29), WaitlistOutcome.OFFERED),
        # An offer would end at once: booking closes at 17.30.
        (at(17, 30), WaitlistOutcome.NOBODY),
        (at(17, 45), WaitlistOutcome.NOBODY),
        # The evening before.
        (at(21, 59, day=DAY - timedelta(days=1)), WaitlistOutcome.BOOKED),
        (at(22, day=DAY - timedelta(days=1)), WaitlistOutcome.OFFERED),
        (at(7, 59), WaitlistOutcome.OFFERED),
    ],
)
def test_a_place_is_booked_by_day_in_time_and_offered_otherwise(
    now: datetime, expected: WaitlistOutcome
) -> None:
    assert outcome(at(18), now) is expected


@pytest.mark.parametrize(
    ("starts", "now", "until"),
    [
        (at(18), at(15, 30), at(16)),
        # Never past the closing of booking.
        (at(18), at(17, 10), at(17, 30)),
        # By night its time runs from 8.00.
        (at(18), at(23, day=DAY - timedelta(days=1)), at(8, 30)),
        (at(18), at(3), at(8, 30)),
        (at(8, 45), at(3), at(8, 15)),
        (at(8, 15), at(3), at(7, 45)),
    ],
)
def test_an_offer_lasts_half_an_hour_by_day(
    starts: datetime, now: datetime, until: datetime
) -> None:
    assert offer_until(starts, POLICY, now) == until


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2027, 3, 28)])
def test_in_a_night_in_which_the_clock_changes_an_offer_runs_from_eight_by_the_clock(
    day: date,
) -> None:
    evening = at(23, day=day - timedelta(days=1))
    assert offer_until(at(18, day=day), POLICY, evening) == at(8, 30, day=day)


def test_a_policy_that_closes_booking_early_still_passes_places_on() -> None:
    early = Policy(closes_minutes=240)
    assert outcome(at(18), at(14, 30), early) is WaitlistOutcome.BOOKED
    assert outcome(at(18), at(15, 30), early) is WaitlistOutcome.NOBODY


def test_who_cannot_take_the_place_is_passed_over_at_any_time() -> None:
    request = BookingRequest(1, at(18), at(19), "a", "class")
    for now in (at(9), at(17)):
        passed = waitlist_outcome([OVERLAPPING_BOOKING], request, POLICY, now)
        assert passed is WaitlistOutcome.PASSED_OVER


def test_times_are_helsinki_times() -> None:
    assert outcome(at(18), datetime(2026, 9, 22, 5, 0, tzinfo=UTC)) is WaitlistOutcome.BOOKED
    assert outcome(at(18), datetime(2026, 9, 22, 4, 59, tzinfo=UTC)) is WaitlistOutcome.OFFERED
