"""Opening hours as UTC windows: exceptions, versions of the week, and clock changes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.core.time import Window, day_window, to_helsinki
from zone.places.opening_hours import rules as opening_hours_rules
from zone.places.opening_hours.rules import Hours, is_open, open_windows

EVERY_DAY = [Hours(weekday, time(7), time(22), date(2026, 1, 1)) for weekday in range(1, 8)]
ROUND_THE_CLOCK = [
    Hours(weekday, time(0), time(23, 59), date(2026, 1, 1)) for weekday in range(1, 8)
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


Exceptions = dict[date, opening_hours_rules.DayHours | None]


def on(
    day: date, week: list[Hours] = EVERY_DAY, exceptions: Exceptions | None = None
) -> list[Window]:
    return open_windows(week, exceptions or {}, *day_window(day))


@pytest.mark.parametrize(
    ("day", "opened", "closed"),
    [
        (date(2026, 1, 15), "2026-01-15T05:00", "2026-01-15T20:00"),
        (date(2026, 7, 15), "2026-07-15T04:00", "2026-07-15T19:00"),
        (
            date(2026, 3, 29),
            "2026-03-29T04:00",
            "2026-03-29T19:00",
        ),  # the clock went forward this night
        (date(2026, 10, 25), "2026-10-25T05:00", "2026-10-25T20:00"),  # and back this one
    ],
)
def test_the_wall_clock_hours_hold_in_summer_and_winter(
    day: date, opened: str, closed: str
) -> None:
    assert on(day) == [(utc(opened), utc(closed))]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 5, 1), 24)]
)
def test_a_place_that_never_closes_is_open_for_as_long_as_the_day_is(day: date, hours: int) -> None:
    [(start, end)] = on(day, ROUND_THE_CLOCK)
    assert end - start == timedelta(hours=hours)


def test_a_place_that_never_closes_is_one_opening() -> None:
    start, end = day_window(date(2026, 5, 1))[0], day_window(date(2026, 5, 3))[1]
    assert open_windows(ROUND_THE_CLOCK, {}, start, end) == [(start, end)]


def test_an_exception_replaces_the_day() -> None:
    may_day = date(2026, 5, 1)
    assert on(may_day, exceptions={may_day: None}) == []
    assert on(may_day, exceptions={may_day: (time(10), time(14))}) == [
        (utc("2026-05-01T07:00"), utc("2026-05-01T11:00"))
    ]
    assert on(date(2026, 5, 2), exceptions={may_day: None}) != []


def test_a_weekday_can_have_two_openings_and_a_newer_version() -> None:
    monday = date(2026, 9, 21)
    week = [
        Hours(1, time(7), time(22), date(2026, 1, 1)),
        Hours(1, time(8), time(11), date(2026, 9, 1)),
        Hours(1, time(15), time(20), date(2026, 9, 1)),
    ]
    assert opening_hours_rules.hours_on(monday, week, {}) == [
        (time(8), time(11)),
        (time(15), time(20)),
    ]
    assert opening_hours_rules.hours_on(date(2026, 8, 24), week, {}) == [(time(7), time(22))]


def test_hours_end_with_their_last_day() -> None:
    summer = [Hours(1, time(9), time(15), date(2026, 6, 1), date(2026, 8, 31))]
    assert len(on(date(2026, 8, 31), summer)) == 1
    assert on(date(2026, 9, 7), summer) == []


def test_windows_are_cut_to_what_was_asked() -> None:
    noon, one = utc("2026-05-05T09:00"), utc("2026-05-05T10:00")
    assert open_windows(EVERY_DAY, {}, noon, one) == [(noon, one)]


def test_a_session_must_lie_within_one_opening() -> None:
    windows = on(date(2026, 9, 21))
    start, end = windows[0]
    assert is_open(windows, start, end)
    assert not is_open(windows, start - timedelta(minutes=1), end)
    assert not is_open(windows, end - timedelta(minutes=30), end + timedelta(minutes=1))


@given(st.integers(0, 366 * 24 * 60), st.integers(0, 14 * 24))
def test_windows_are_ordered_disjoint_and_inside_the_span(minute: int, hours: int) -> None:
    start = utc("2026-01-01T00:00") + timedelta(minutes=minute)
    end = start + timedelta(hours=hours)
    windows = open_windows(EVERY_DAY, {}, start, end)
    edges = [edge for window in windows for edge in window]
    assert edges == sorted(set(edges))
    assert all(start <= edge <= end for edge in edges)
    for opened, closed in windows:
        assert opened == start or to_helsinki(opened).time() == time(7)
        assert closed == end or to_helsinki(closed).time() == time(22)


LATE = [Hours(weekday, time(18), time(2), date(2026, 1, 1)) for weekday in range(1, 8)]
"""Open from 18.00 until 2.00 of the next day."""


def test_hours_may_end_after_midnight() -> None:
    day = date(2026, 9, 22)
    assert on(day, LATE) == [
        (utc("2026-09-21T21:00"), utc("2026-09-21T23:00")),  # since the evening before
        (utc("2026-09-22T15:00"), utc("2026-09-22T21:00")),
    ]
    start, end = day_window(day)[0], day_window(day + timedelta(days=1))[1]
    assert (utc("2026-09-22T15:00"), utc("2026-09-22T23:00")) in open_windows(LATE, {}, start, end)


@pytest.mark.parametrize("midnight", [time(0), time(23, 59)])
def test_hours_may_end_at_midnight(midnight: time) -> None:
    week = [Hours(2, time(18), midnight, date(2026, 1, 1))]
    assert on(date(2026, 9, 22), week) == [(utc("2026-09-22T15:00"), utc("2026-09-22T21:00"))]
    assert on(date(2026, 9, 23), week) == []


def test_a_closed_day_leaves_the_night_before_and_ends_its_own() -> None:
    day = date(2026, 9, 22)
    assert on(day, LATE, {day: None}) == [(utc("2026-09-21T21:00"), utc("2026-09-21T23:00"))]
    assert on(day + timedelta(days=1), LATE, {day: None}) == [
        (utc("2026-09-23T15:00"), utc("2026-09-23T21:00"))
    ]
    assert on(day + timedelta(days=1), LATE, {day: (time(20), time(1))})[0] == (
        utc("2026-09-22T21:00"),
        utc("2026-09-22T22:00"),
    )


@pytest.mark.parametrize(("evening", "hours"), [(date(2027, 3, 27), 8), (date(2027, 10, 30), 10)])
def test_a_night_with_a_clock_change_is_shorter_or_longer(evening: date, hours: int) -> None:
    week = [Hours(weekday, time(20), time(5), date(2026, 1, 1)) for weekday in range(1, 8)]
    start, end = day_window(evening)[0], day_window(evening + timedelta(days=1))[1]
    [night] = [window for window in open_windows(week, {}, start, end) if window[0] > start][:1]
    assert night[1] - night[0] == timedelta(hours=hours)
