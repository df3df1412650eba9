"""The pace of a running year, and what is said of each target."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.reporting.kpis.rules import (
    HOUR,
    Goal,
    JudgedFigure,
    judge,
    judge_grades,
    mean_hours,
)
from zone.reporting.pace import rules
from zone.reporting.pace.rules import Basis, Outlook, Pace, PartProgress, Progress

A = Goal("A", Decimal(1870), "2019", Decimal(33), Decimal(2500))
B = Goal("B", Decimal(35), "about 2019", Decimal(40), Decimal(50))
C = Goal("C", Decimal("3.6"), "spring 2020", None, Decimal("4.00"))

years = st.integers(2021, 2098)
counts = st.dictionaries(st.integers(0, 364), st.integers(0, 400), max_size=40)


def days_of(year: int, by_number: dict[int, int]) -> dict[date, int]:
    return {date(year, 1, 1) + timedelta(days=n): count for n, count in by_number.items()}


def test_the_pace_follows_last_years_share_by_the_same_day() -> None:
    last_year = {date(2025, 1, 10): 300, date(2025, 9, 10): 500, date(2025, 12, 31): 200}
    pace = Pace(Decimal(2500), 2026, last_year)
    assert pace.basis is Basis.LAST_YEAR
    assert [pace.by(date(2026, *day)) for day in ((1, 9), (1, 10), (9, 9), (9, 10), (12, 31))] == [
        0,
        750,
        750,
        2000,
        2500,
    ]


def test_without_a_last_year_the_pace_follows_the_calendar() -> None:
    for last_year in ({}, {date(2025, 5, 5): 0}, {date(2024, 5, 5): 9}):
        pace = Pace(Decimal(3650), 2026, last_year)
        assert pace.basis is Basis.CALENDAR
        assert (pace.by(date(2026, 1, 1)), pace.by(date(2026, 12, 31))) == (
            Decimal(10),
            Decimal(3650),
        )
    leap = Pace(Decimal(3660), 2028, {})
    assert (leap.by(date(2028, 2, 29)), leap.by(date(2028, 12, 31))) == (
        Decimal(600),
        Decimal(3660),
    )


def test_the_29th_of_february_is_compared_with_the_28th_and_counts_by_the_1st_of_march() -> None:
    to_leap = Pace(Decimal(100), 2028, {date(2027, 2, 28): 3, date(2027, 3, 1): 1})
    assert [to_leap.by(date(2028, *day)) for day in ((2, 28), (2, 29), (3, 1))] == [75, 75, 100]
    from_leap = Pace(Decimal(100), 2025, {date(2024, 2, 29): 3, date(2024, 3, 1): 1})
    assert [from_leap.by(date(2025, *day)) for day in ((2, 28), (3, 1))] == [0, 100]


@given(years, counts, st.integers(1, 5000))
def test_the_pace_only_grows_and_ends_at_the_goal(
    year: int, by_number: dict[int, int], goal: int
) -> None:
    pace = Pace(Decimal(goal), year, days_of(year - 1, by_number))
    first, last = date(year, 1, 1), date(year, 12, 31)
    path = [pace.by(first + timedelta(days=n)) for n in range(0, (last - first).days + 1, 28)]
    assert path == sorted(path)
    assert path[0] >= 0
    assert pace.by(last) == goal


@given(years, counts.filter(lambda found: sum(found.values()) > 0), st.integers(2, 9))
def test_only_the_shape_of_last_year_matters(
    year: int, by_number: dict[int, int], times: int
) -> None:
    once = Pace(Decimal(2500), year, days_of(year - 1, by_number))
    more = Pace(
        Decimal(2500), year, days_of(year - 1, {n: times * c for n, c in by_number.items()})
    )
    for day in (date(year, 3, 1), date(year, 9, 30)):
        assert abs(once.by(day) - more.by(day)) < Decimal("1e-20")


def passes(
    count: int, *, day: date = date(2026, 12, 1), ended: bool = False, calendar: bool = True
) -> Progress:
    last_year = {} if calendar else {date(2025, 3, 1): 1, date(2025, 12, 20): 1}
    pace = Pace(A.goal, 2026, last_year)
    return rules.passes_progress(A, judge(A, Decimal(count)), pace, day, ended=ended)


@pytest.mark.parametrize(
    ("count", "outlook", "gap", "missing"),
    [
        (2295, Outlook.ON_PACE, 0, 205),
        (2294, Outlook.BEHIND, 1, 206),
        (2300, Outlook.AHEAD, 5, 200),
        (2600, Outlook.AHEAD, 305, 0),
    ],
)
def test_a_running_year_is_ahead_or_behind_by_a_number(
    count: int, outlook: Outlook, gap: int, missing: int
) -> None:
    found = passes(count)
    assert (int(found.expected), found.outlook, int(found.gap), int(found.missing)) == (
        2295,
        outlook,
        gap,
        missing,
    )


def test_without_any_pass_in_two_years_there_is_nothing_to_compare() -> None:
    assert passes(0).outlook is Outlook.OPEN
    assert passes(0, calendar=False).outlook is Outlook.BEHIND


def test_last_years_pace_is_used_where_there_is_one() -> None:
    assert passes(1200, calendar=False).expected == 1250


@pytest.mark.parametrize(
    ("count", "outlook"),
    [
        (0, Outlook.NO_DATA),
        (2487, Outlook.NOT_MET),
        (2488, Outlook.MET_PCT_ONLY),
        (2500, Outlook.MET),
    ],
)
def test_an_ended_year_is_met_or_not(count: int, outlook: Outlook) -> None:
    assert passes(count, ended=True).outlook is outlook


@given(st.integers(1, 4000), st.integers(0, 364))
def test_no_running_year_is_met_or_not(count: int, day_number: int) -> None:
    found = passes(count, day=date(2026, 1, 1) + timedelta(days=day_number))
    assert found.outlook in {Outlook.AHEAD, Outlook.ON_PACE, Outlook.BEHIND}
    assert (found.gap == 0) is (found.outlook is Outlook.ON_PACE)
    sign = {Outlook.AHEAD: 1, Outlook.BEHIND: -1, Outlook.ON_PACE: 0}[found.outlook]
    assert found.expected + sign * found.gap == count


def term(
    name: str, mean: str | None, done: int, weeks: int, *, ended: bool = False
) -> PartProgress:
    judged = judge(B, None if mean is None else Decimal(mean))
    return rules.term_progress(B, name, judged, done, weeks, ended=ended)


def hours(*parts: PartProgress) -> Progress:
    return rules.whole_progress(B, judge(B, None).status, parts, ended=False)


def test_a_term_that_has_ended_below_the_goal_cannot_be_mended() -> None:
    spring, autumn = term("2026-spring", "48.1", 14, 14), term("2026-autumn", "52", 3, 14)
    found = hours(spring, autumn)
    assert (found.outlook, found.part, found.gap) == (Outlook.UNREACHABLE, spring, Decimal("1.9"))
    assert found.shown == autumn
    assert not found.pct_open
    assert hours(term("2026-spring", "49.2", 14, 14), autumn).pct_open


def test_a_running_term_says_what_its_last_weeks_need() -> None:
    found = hours(term("2026-spring", "50.5", 14, 14), term("2026-autumn", "47.3", 12, 14))
    assert (found.outlook, found.gap) == (Outlook.BEHIND, Decimal("2.7"))
    assert found.part is not None
    assert found.part.needed == Decimal("66.2")


def test_a_term_that_has_not_begun_leaves_the_year_open() -> None:
    reached, coming = term("2026-spring", "50.5", 14, 14), term("2026-autumn", None, 0, 14)
    assert hours(reached, coming).outlook is Outlook.AHEAD
    assert hours(reached, reached).outlook is Outlook.REACHED
    assert hours(coming).outlook is Outlook.OPEN
    assert hours().outlook is Outlook.OPEN


def test_one_who_is_behind_is_never_behind_by_nothing() -> None:
    assert term("2026-autumn", "49.96", 3, 14).gap == Decimal("0.1")
    assert wave("spring", [4] * 199 + [3]).gap == Decimal("0.01")


@given(
    st.decimals(0, 90, places=3),
    st.integers(1, 20),
    st.integers(1, 20),
)
def test_weeks_of_the_needed_hours_reach_the_goal(mean: Decimal, done: int, left: int) -> None:
    needed = rules.needed_hours(B.goal, mean, done, done + left)
    assert needed is not None
    assert mean * done + needed * left >= B.goal * (done + left)
    if needed > 0:
        less = needed - Decimal("0.1")
        assert mean * done + less * left < B.goal * (done + left)


@pytest.mark.parametrize(
    ("minutes", "done", "left", "needed"),
    [
        (8100, 13, 1, "565.0"),
        (8490, 13, 1, "558.5"),
        (8580, 14, 1, "607.0"),
        (8701, 14, 1, "605.0"),
    ],
)
def test_what_the_last_weeks_need_is_exact(minutes: int, done: int, left: int, needed: str) -> None:
    """The mean of 13 weeks times 13 was less than their hours, and 0.1 h too much was asked."""
    mean = mean_hours(minutes * HOUR // 60, done)
    assert mean is not None
    assert str(rules.needed_hours(B.goal, mean, done, done + left)) == needed


def wave(
    name: str, grades: Sequence[int | None], *, closed: bool = True, ended: bool = False
) -> PartProgress:
    judged: JudgedFigure = judge_grades(C, grades)
    return rules.wave_progress(C, name, judged, closed=closed, ended=ended)


def grade(*parts: PartProgress) -> Progress:
    return rules.whole_progress(C, judge(C, None).status, parts, ended=False)


def test_a_grade_below_the_goal_cannot_be_made_good_by_the_other_wave() -> None:
    short, coming = wave("spring", [4] * 19 + [3]), wave("autumn", [], closed=False)
    found = grade(short, coming)
    assert (found.outlook, found.gap) == (Outlook.UNREACHABLE, Decimal("0.05"))
    good = wave("spring", [4] * 20)
    assert grade(good, coming).outlook is Outlook.AHEAD
    assert grade(good, wave("autumn", [5] * 9)).outlook is Outlook.REACHED
    assert grade(coming, coming).outlook is Outlook.OPEN


def test_fewer_than_five_answers_are_too_few() -> None:
    few = wave("spring", [5, 5, 5, 5])
    assert (few.outlook, few.value) == (Outlook.TOO_FEW, None)
    assert grade(few, wave("autumn", [], closed=False)).outlook is Outlook.TOO_FEW


def test_an_ended_year_of_parts_is_met_or_not() -> None:
    short = wave("spring", [4] * 19 + [3], ended=True)
    good = wave("autumn", [4] * 20, ended=True)
    status = rules.whole_progress(C, judge(C, Decimal("3.95")).status, [short, good], ended=True)
    assert (status.outlook, status.part) == (Outlook.NOT_MET, short)
    few = wave("spring", [4], ended=True)
    found = rules.whole_progress(C, judge(C, None).status, [few, good], ended=True)
    assert (found.outlook, found.part) == (Outlook.TOO_FEW, few)


def test_what_can_still_be_changed_is_read_first() -> None:
    met, behind = grade(wave("spring", [5] * 9), wave("autumn", [5] * 9)), passes(2000)
    lost = hours(term("2026-spring", "40", 14, 14))
    assert rules.most_urgent_first([met, lost, behind]) == [behind, lost, met]
    assert [rules.is_reached(one) for one in (met, lost, behind, passes(2500))] == [
        True,
        False,
        False,
        True,
    ]


def test_the_points_of_the_curve_are_the_ends_of_months_and_the_day_itself() -> None:
    found = rules.month_ends(2028, date(2028, 11, 30))
    assert (len(found), found[1], found[-1]) == (12, date(2028, 2, 29), date(2028, 12, 31))
    assert date(2026, 12, 1) in rules.month_ends(2026, date(2026, 12, 1))
    assert rules.last_day(2025, date(2026, 12, 1)) == date(2025, 12, 31)
