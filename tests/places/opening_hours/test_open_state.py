"""Whether a campus is open now, and when it opens next."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from zone.core.time import from_helsinki
from zone.places.opening_hours.rules import AHEAD, DayHours, Hours, OpenState, open_state

SINCE = date(2026, 1, 1)
WEEK = [
    *(Hours(weekday, time(7), time(22), SINCE) for weekday in range(1, 6)),
    Hours(6, time(18), time(2), SINCE),
]
"""Monday to Friday, and Saturday evening until Sunday at 2."""
ALWAYS = [Hours(weekday, time(0), time(23, 59), SINCE) for weekday in range(1, 8)]
TUESDAY = date(2026, 12, 1)


def at(
    day: date, hour: int, minute: int = 0, week: list[Hours] = WEEK, **more: object
) -> OpenState:
    exceptions: dict[date, DayHours | None] = {}
    exceptions.update(more.get("exceptions", {}))  # type: ignore[call-overload]
    return open_state(week, exceptions, from_helsinki(day, time(hour, minute)))


@pytest.mark.parametrize(
    ("hour", "minute", "is_open"), [(6, 59, False), (7, 0, True), (21, 59, True), (22, 0, False)]
)
def test_a_campus_is_open_from_its_first_minute_to_its_last(
    hour: int, minute: int, is_open: bool
) -> None:
    state = at(TUESDAY, hour, minute)
    opens, closes = from_helsinki(TUESDAY, time(7)), from_helsinki(TUESDAY, time(22))
    assert state.today == [(opens, closes)]
    assert (state.is_open, state.until) == (is_open, closes if is_open else None)
    later = opens if hour < 7 else opens + timedelta(days=1)
    assert state.opens_at == (None if is_open else later)


def test_an_opening_over_midnight_is_that_of_its_first_day() -> None:
    saturday, sunday = date(2026, 12, 5), date(2026, 12, 6)
    closes = from_helsinki(sunday, time(2))
    assert at(saturday, 23).until == closes
    assert at(saturday, 23).today == [(from_helsinki(saturday, time(18)), closes)]
    night = at(sunday, 0)
    assert (night.is_open, night.until, night.today) == (True, closes, [])
    assert at(sunday, 2).opens_at == from_helsinki(date(2026, 12, 7), time(7))


def test_a_closed_day_is_closed_and_the_next_opening_skips_it() -> None:
    wednesday, thursday = date(2026, 12, 2), date(2026, 12, 3)
    closed = {TUESDAY: None, wednesday: (time(10), time(12))}
    state = at(TUESDAY, 12, exceptions=closed)
    assert (state.is_open, state.today) == (False, [])
    assert state.opens_at == from_helsinki(wednesday, time(10))
    assert at(wednesday, 12, exceptions=closed).opens_at == from_helsinki(thursday, time(7))


def test_the_next_opening_is_found_after_a_long_break_and_not_invented() -> None:
    holidays: dict[date, DayHours | None] = {TUESDAY + timedelta(days=n): None for n in range(28)}
    assert at(TUESDAY, 12, exceptions=holidays).opens_at == from_helsinki(
        date(2026, 12, 29), time(7)
    )
    assert at(TUESDAY, 12, week=[]) == OpenState([], False, None, None)


def test_what_never_closes_has_no_end() -> None:
    state = at(TUESDAY, 12, week=ALWAYS)
    assert (state.is_open, state.until, state.opens_at) == (True, None, None)


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 29, 23, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 26, 0, tzinfo=UTC)),
    ],
)
def test_the_clock_hours_hold_on_the_days_on_which_the_clock_changes(
    day: date, utc: datetime
) -> None:
    """Opening at 2 in the night after the change, by the clock that then holds."""
    night = [Hours(1, time(2), time(6), SINCE)]
    assert at(day, 12, week=night).opens_at == utc


def test_the_next_opening_of_a_weekly_campus_is_within_sight() -> None:
    assert AHEAD[-1] > timedelta(days=28)
