"""When a door is open to everybody, of its week, its other days and the campus's hours."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.access.releases.rules import (
    ReleaseWindow,
    WeeklyRelease,
    mask_of,
    release_windows,
    weekdays_of,
)
from zone.core.time import Window, from_helsinki, to_helsinki

MONDAY = date(2026, 11, 30)
WORKDAYS = (1, 2, 3, 4, 5)
OFFICE = WeeklyRelease(WORKDAYS, time(8), time(16))
WEEK = (from_helsinki(MONDAY, time()), from_helsinki(MONDAY + timedelta(days=7), time()))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A wall-clock time of that week; day 0 is Monday."""
    return from_helsinki(MONDAY + timedelta(days=day), time(hour, minute))


def opened(day: int, first: int, last: int) -> Window:
    return at(day, first), at(day, last)


def test_without_hours_of_a_campus_the_week_is_as_it_is_set() -> None:
    windows = release_windows([OFFICE], {}, None, WEEK)
    assert windows == [ReleaseWindow(at(day, 8), at(day, 16)) for day in range(5)]


def test_a_door_is_open_to_nobody_while_its_campus_is_closed() -> None:
    hours = [opened(0, 10, 12), opened(0, 15, 22), opened(2, 7, 22)]
    assert release_windows([OFFICE], {}, hours, WEEK) == [
        ReleaseWindow(at(0, 10), at(0, 12)),
        ReleaseWindow(at(0, 15), at(0, 16)),
        ReleaseWindow(at(2, 8), at(2, 16)),
    ]


def test_another_day_has_its_own_time_or_none_and_nobody_has_to_come_first() -> None:
    week = [WeeklyRelease(WORKDAYS, time(8), time(16), first_person=True)]
    days = {MONDAY: None, MONDAY + timedelta(days=1): (time(9), time(21))}
    windows = release_windows(week, days, None, WEEK)
    assert windows[0] == ReleaseWindow(at(1, 9), at(1, 21))
    assert windows[1:] == [ReleaseWindow(at(day, 8), at(day, 16), True) for day in (2, 3, 4)]


def test_a_time_over_midnight_ends_on_the_next_day() -> None:
    night = WeeklyRelease((5,), time(22), time(2))
    assert release_windows([night], {}, None, WEEK) == [ReleaseWindow(at(4, 22), at(5, 2))]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 25), 25), (date(2027, 3, 28), 23)])
def test_a_whole_day_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    within = (from_helsinki(day, time()), from_helsinki(day + timedelta(days=1), time()))
    whole = WeeklyRelease(tuple(range(1, 8)), time(0), time(23, 59))
    [window] = release_windows([whole], {}, None, within)
    assert window.end - window.start == timedelta(hours=hours)


@given(
    st.lists(
        st.builds(
            WeeklyRelease,
            st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
            st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
            st.just(time(12, 34)),
            st.booleans(),
        ).filter(lambda one: one.opens != one.closes),
        max_size=4,
    ),
    st.lists(st.integers(0, 7 * 24), max_size=6),
)
def test_every_time_lies_within_the_hours_of_the_campus_and_of_the_week(
    week: list[WeeklyRelease], hours: list[int]
) -> None:
    campus = [(at(0, 0) + timedelta(hours=h), at(0, 0) + timedelta(hours=h + 1)) for h in hours]
    for window in release_windows(week, {}, campus, WEEK):
        assert any(start <= window.start < window.end <= end for start, end in campus)
        middle = to_helsinki(window.start + (window.end - window.start) / 2)
        assert any(
            middle.isoweekday() in one.weekdays
            or (one.closes < one.opens and (middle.isoweekday() - 2) % 7 + 1 in one.weekdays)
            for one in week
            if one.first_person is window.first_person
        )


@given(st.sets(st.integers(1, 7)))
def test_weekdays_come_back_from_their_bits(weekdays: set[int]) -> None:
    assert set(weekdays_of(mask_of(weekdays))) == weekdays


def test_no_time_of_the_past_or_of_later_is_named() -> None:
    now = datetime(2026, 12, 1, 10, tzinfo=UTC)
    [window] = release_windows([OFFICE], {}, None, (now, now + timedelta(hours=1)))
    assert (window.start, window.end) == (now, now + timedelta(hours=1))
