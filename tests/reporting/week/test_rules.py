"""Where classes lie in the grid of a week, what they clash with, and which week is counted."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from zone.reporting.week import rules
from zone.reporting.week.rules import PlannedClass

TERM = (date(2026, 8, 31), date(2026, 12, 11))
YOGA = PlannedClass(UUID(int=1), "Yoga", "class", "mind", True, 1, 7, 2, time(17, 45), 60, *TERM)
FUTSAL = replace(YOGA, id=UUID(int=2), name="Futsal", space_id=2, instructor_id=8)
PARTS = {1: (10, 11), 2: (11, 12), 3: (13,)}
MONDAY = date(2026, 11, 30)


def at(hour: int, minute: int = 0, **changed: Any) -> PlannedClass:
    values: dict[str, Any] = {"id": UUID(int=hour * 60 + minute), "starts_at": time(hour, minute)}
    return replace(YOGA, **(values | changed))


@pytest.mark.parametrize(
    ("minutes", "decimals"), [(2998, 2), (2997, 2), (2996, 1), (3000, 1), (3001, 1)]
)
def test_hours_below_the_goal_are_not_shown_as_the_goal(minutes: int, decimals: int) -> None:
    hours = rules.guided_hours([replace(YOGA, minutes=minutes)], MONDAY)
    assert rules.decimals_of(hours, Decimal(50)) == decimals
    assert rules.decimals_of(hours, None) == 1


@pytest.mark.parametrize(
    ("other", "meets"),
    [
        ({}, True),
        ({"weekday": 3}, False),
        ({"starts_at": time(18, 45)}, False),
        ({"starts_at": time(18, 44)}, True),
        ({"starts_at": time(16, 45)}, False),
        ({"starts_at": time(16, 45), "minutes": 61}, True),
        ({"weekday": 1, "starts_at": time(23), "minutes": 1126}, True),  # from Monday 23.00 on
        ({"first_on": date(2026, 12, 12), "last_on": date(2027, 1, 8)}, False),
    ],
)
def test_classes_meet_at_one_time_of_one_week(other: dict[str, Any], *, meets: bool) -> None:
    changed = replace(FUTSAL, **other)
    assert rules.overlap(YOGA, changed) is rules.overlap(changed, YOGA) is meets


def test_a_class_over_the_end_of_the_week_meets_the_first_of_the_next() -> None:
    late = replace(YOGA, weekday=7, starts_at=time(23, 30), minutes=60)
    early = replace(FUTSAL, weekday=1, starts_at=time(0, 15))
    assert rules.overlap(late, early)
    assert not rules.overlap(late, replace(early, starts_at=time(0, 30)))


def test_two_spaces_with_a_part_in_common_are_one_place() -> None:
    apart = replace(FUTSAL, id=UUID(int=3), space_id=3)
    online = replace(FUTSAL, id=UUID(int=4), space_id=None, instructor_id=7)
    found = rules.clashes(YOGA, [YOGA, FUTSAL, apart, online], PARTS)
    assert (found.place, found.instructor) == ((FUTSAL,), (online,))


def test_classes_of_one_time_lie_in_lanes() -> None:
    day = [at(17), at(17, 30), at(18), at(18, 20)]
    placed = [(one.column, one.span, one.lane) for one in rules.place(day, 15, 21)]
    assert placed == [(8, 4, 0), (10, 4, 1), (12, 4, 0), (13, 5, 2)]


def test_no_class_lies_on_another_nor_outside_the_grid() -> None:
    day = [at(n // 4, n % 4 * 15, minutes=5 + 37 * n % 300) for n in range(96)]
    shown = rules.place(day[::9], 0, 24)
    taken = [
        (one.lane, column) for one in shown for column in range(one.column, one.column + one.span)
    ]
    assert len(taken) == len(set(taken))
    assert max(column for _, column in taken) <= 95


@pytest.mark.parametrize(
    ("classes", "hours", "shown"),
    [
        ([], [], (17, 23)),
        ([at(17), at(20, 30, minutes=75)], [], (17, 23)),
        ([at(23, minutes=120)], [(time(7), time(22))], (7, 24)),
        ([at(0, minutes=1440)], [(time(5), time(0))], (0, 24)),
        ([at(22, minutes=30)], [], (17, 23)),
        ([], [(time(20), time(23, 59))], (17, 24)),
    ],
)
def test_the_grid_holds_the_classes_and_the_opening_hours(
    classes: list[PlannedClass], hours: list[tuple[time, time]], shown: tuple[int, int]
) -> None:
    first, last = rules.shown_hours(classes, hours)
    assert 0 <= first <= last - rules.FEWEST_HOURS <= 18
    assert (first, last) == shown


def test_guided_hours_are_those_of_one_week() -> None:
    classes = [
        YOGA,
        replace(YOGA, minutes=45),
        replace(YOGA, kind="ball_turn"),
        replace(YOGA, kind="online", live=False),
        replace(YOGA, kind="online"),
        replace(YOGA, first_on=date(2026, 12, 2)),
        replace(YOGA, last_on=date(2026, 11, 30)),
    ]
    assert rules.guided_hours(classes, MONDAY) == Decimal("2.75")


@pytest.mark.parametrize(
    ("today", "monday"),
    [
        (date(2026, 11, 24), date(2026, 11, 30)),
        (date(2026, 12, 5), date(2026, 12, 7)),
        (date(2026, 12, 8), date(2026, 12, 7)),
        (date(2026, 8, 20), date(2026, 8, 31)),
    ],
)
def test_the_next_week_of_the_term_is_counted(today: date, monday: date) -> None:
    assert rules.week_to_count(today, *TERM) == monday
