"""How busy a campus is: levels, what fits in, and the minute that is counted."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.access.busyness import rules
from zone.access.busyness.rules import (
    FEWEST,
    CountedHour,
    UsualWeek,
    counted_at,
    fits_in,
    level_of,
    usual_levels,
)


@pytest.mark.parametrize(
    ("admitted", "room", "level"),
    [
        (0, 100, "quiet"),
        (14, 100, "quiet"),
        (15, 100, "some"),
        (39, 100, "some"),
        (40, 100, "busy"),
        (250, 100, "busy"),
        (7, 0, "quiet"),
        (8, 0, "some"),
        (20, 0, "busy"),
    ],
)
def test_levels_are_shares_of_the_people_who_fit_in(admitted: int, room: int, level: str) -> None:
    """Where no space is known, of the 50 who fit into a usual campus."""
    assert level_of(admitted, room) == level


def check_few_people_make_no_level(room: int) -> None:
    assert {level_of(admitted, room) for admitted in range(FEWEST)} == {"quiet"}


@given(st.integers(0, 500))
def test_fewer_than_five_people_are_always_quiet(room: int) -> None:
    """Otherwise `busy` in a room for 4 people would say that one or two are there."""
    check_few_people_make_no_level(room)


@pytest.mark.planted_fault("a level needs no five people")
def test_levels_by_the_share_alone_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "FEWEST", 0)
    with pytest.raises(AssertionError):
        check_few_people_make_no_level(4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_more_people_are_never_less_busy(admitted: int, room: int) -> None:
    order = ("quiet", "some", "busy")
    assert order.index(level_of(admitted, room)) <= order.index(level_of(admitted + 1, room))


def test_a_court_counts_with_its_hall_and_other_spaces_by_themselves() -> None:
    hall, straddling = (60, frozenset({1, 2, 3})), (60, frozenset({2, 3}))
    third, studio = (20, frozenset({1})), (24, frozenset({4}))
    assert fits_in([straddling, third, hall, studio]) == 84
    assert fits_in([straddling, third, studio]) == 104
    assert fits_in([]) == 0


def test_people_are_counted_of_the_full_minute() -> None:
    now = datetime(2026, 12, 1, 14, 19, 59, 999999, tzinfo=UTC)
    assert counted_at(now) == datetime(2026, 12, 1, 14, 19, tzinfo=UTC)


def test_an_hour_is_usually_as_busy_as_the_mean_of_its_weeks() -> None:
    counted = [CountedHour(1, 17, 4, 80), CountedHour(1, 18, 4, 180), CountedHour(7, 9, 8, 8)]
    assert usual_levels(counted, 100) == {(1, 17): "some", (1, 18): "busy", (7, 9): "quiet"}


def test_a_mean_at_the_border_of_two_levels_is_exact() -> None:
    """46 people in 5 weeks are 9.2, which is 40 % of 23; as floats it was a little less."""
    assert usual_levels([CountedHour(1, 17, 5, 46)], 23) == {(1, 17): "busy"}
    assert usual_levels([CountedHour(1, 17, 5, 45)], 23) == {(1, 17): "some"}
    assert usual_levels([CountedHour(1, 17, 5, 24)], 5) == {(1, 17): "quiet"}


def test_an_hour_that_was_counted_in_two_weeks_is_not_known_yet() -> None:
    assert usual_levels([CountedHour(1, 17, 2, 200)], 100) == {}


def test_the_week_shows_the_hours_from_the_first_to_the_last_that_is_known() -> None:
    assert UsualWeek({(1, 7): "quiet", (5, 21): "busy"}).hours == range(7, 22)
    assert UsualWeek().hours == range(0)
