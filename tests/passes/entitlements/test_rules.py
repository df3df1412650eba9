"""When a pass can be used, and what several passes give together."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.core.time import day_window
from zone.passes.entitlements.rules import (
    ACTIVITIES,
    EVERY_DAY,
    NONE,
    Conditions,
    Rights,
    SingleActivity,
    UseHours,
    as_compared,
    as_stored,
    from_stored,
    most_companions,
    windows_within,
)
from zone.passes.entitlements.views import sessions_text
from zone.passes.upgrades.rules import is_upgrade

YOGA = SingleActivity(UUID(int=1), "Jooga", "Yoga", "Yoga")
PILATES = SingleActivity(UUID(int=2), "Pilates", "Pilates", "Pilates")
MORNINGS = UseHours((1, 2, 3, 4, 5), 6 * 60, 14 * 60)
HOURS = st.builds(
    lambda days, first, length: UseHours(tuple(sorted(days)), first, min(first + length, 1440)),
    st.sets(st.sampled_from(EVERY_DAY), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1440),
)
CONDITIONS = st.builds(
    Conditions,
    st.lists(HOURS, max_size=3).map(tuple),
    st.integers(0, 30),
    st.none() | st.integers(0, 9),
    st.sets(st.sampled_from(ACTIVITIES)).map(lambda kinds: tuple(sorted(kinds))),
    st.sampled_from([(), (YOGA,), (PILATES, YOGA)]),
)


@given(CONDITIONS)
def test_conditions_are_read_as_they_were_stored(conditions: Conditions) -> None:
    assert from_stored(as_stored(conditions)) == conditions
    assert conditions.covers(conditions)


@pytest.mark.parametrize(
    ("at", "usable"),
    [
        ("2026-09-01T10:59:59", True),  # Tuesday 13.59 in Helsinki
        ("2026-09-01T11:00:00", False),
        ("2026-09-01T02:59:59", False),
        ("2026-09-01T03:00:00", True),
        ("2026-09-05T08:00:00", False),  # Saturday
        ("2026-10-26T11:59:59", True),  # Monday after the clocks went back: 13.59
    ],
)
def test_hours_are_those_of_the_clock_in_helsinki(at: str, usable: bool) -> None:
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert Conditions((MORNINGS,)).gives_at(instant) is usable
    assert NONE.gives_at(instant)


def test_two_times_are_a_union() -> None:
    evenings = UseHours((6, 7), 18 * 60)
    both = Conditions((MORNINGS, evenings))
    assert both.gives_at(datetime(2026, 9, 5, 20, 30, tzinfo=UTC))
    assert both.covers(Conditions((MORNINGS,)))
    assert not Conditions((MORNINGS,)).covers(both)
    assert not Conditions((MORNINGS,)).covers(NONE)
    assert NONE.covers(both)


def test_a_pass_for_some_kinds_of_sessions_covers_no_more() -> None:
    online, taught = Conditions(activities=("online",)), Conditions(activities=("class", "online"))
    assert [one.gives_activity("class", None) for one in (online, taught, NONE)] == [
        False,
        True,
        True,
    ]
    assert taught.covers(online)
    assert not online.covers(taught)
    assert not online.covers(NONE)
    assert NONE.covers(online)


def test_a_pass_for_single_activities_gives_these_and_the_kinds_that_it_names() -> None:
    yoga = Conditions(single_activities=(YOGA,))
    both = Conditions(activities=("online",), single_activities=(PILATES, YOGA))
    for one in (yoga, both):
        assert one.gives_activity("class", YOGA.root)
        assert not one.gives_activity("class", None)
        assert from_stored(as_stored(one)) == one
    assert both.gives_activity("online", None)
    assert not yoga.gives_activity("online", PILATES.root)
    assert both.covers(yoga)
    assert NONE.covers(both)
    assert not any(yoga.covers(wider) for wider in (both, NONE, Conditions(activities=("class",))))
    renamed = Conditions(single_activities=(replace(YOGA, name_en="Hatha"),))
    assert as_compared(renamed) == as_compared(yoga) != as_compared(both)
    assert sessions_text([both, yoga], "fi") == "Verkossa, livenä, Pilates, Jooga"


@given(HOURS, st.dates(date(2026, 1, 1), date(2026, 12, 20)))
def test_the_times_of_days_are_those_in_which_it_can_be_used(hours: UseHours, day: date) -> None:
    window = day_window(day)
    for start, end in windows_within([hours], window, [day]):
        assert window[0] <= start < end <= window[1]
        # In the night in which the clock goes on, a time may begin in the hour that is left out.
        if (window[1] - window[0]).total_seconds() == 86400:
            assert hours.includes(start)
            assert end == window[1] or not hours.includes(end)  # the next day may begin with it


def test_a_time_outside_of_the_days_of_the_pass_is_cut() -> None:
    night = UseHours(EVERY_DAY)
    first, second = day_window(date(2026, 9, 1)), day_window(date(2026, 9, 2))
    window = (datetime(2026, 9, 1, 10, tzinfo=UTC), datetime(2026, 9, 2, 4, tzinfo=UTC))
    days = [date(2026, 9, 1), date(2026, 9, 2), date(2026, 9, 3)]
    assert list(windows_within([night], window, days)) == [
        (window[0], first[1]),
        (second[0], window[1]),
    ]


def test_companions_of_several_passes_are_the_most_of_them() -> None:
    assert most_companions([]) is None
    assert most_companions([2, 0]) == 2
    assert most_companions([2, None]) is None


def test_days_of_the_week_are_named_as_runs() -> None:
    assert UseHours(EVERY_DAY).runs == []
    names = [(first.isoweekday(), last.isoweekday()) for first, last in UseHours((1, 2, 5)).runs]
    assert names == [(1, 2), (5, 5)]


def test_a_pass_for_mornings_can_be_upgraded_to_one_for_all_day() -> None:
    all_day = Rights(("gym",))
    mornings = Rights(("gym",), conditions=Conditions((MORNINGS,)))
    assert is_upgrade("gym_pass", mornings, "gym_pass", all_day)
    assert not is_upgrade("gym_pass", all_day, "gym_pass", mornings)
    assert not is_upgrade("gym_pass", mornings, "gym_pass", mornings)


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2027, 3, 28), date(2026, 12, 31)])
@pytest.mark.parametrize(("first", "until"), [(0, 210), (180, 240), (210, 1440), (190, 200)])
def test_doors_and_bookings_agree_when_the_clock_changes(day: date, first: int, until: int) -> None:
    hours = UseHours(EVERY_DAY, first, until)
    start, end = hours.window_on(day)
    at, midnight = day_window(day)
    while at < midnight:
        assert hours.includes(at) == (start <= at < end), at
        at += timedelta(minutes=10)


def test_a_repeated_hour_counts_both_times_and_a_skipped_one_never() -> None:
    night = UseHours(EVERY_DAY, 0, 210)
    second = datetime(2026, 10, 25, 1, 20, tzinfo=UTC)  # 3.20 for the second time
    assert night.includes(second)
    assert not night.includes(second + timedelta(minutes=10))
    later = UseHours(EVERY_DAY, 210)
    assert later.includes(datetime(2027, 3, 28, 1, tzinfo=UTC)), "4.00, which follows 2.59"
