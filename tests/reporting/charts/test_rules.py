"""The row sets of the charts, and the numbers that are too small to show."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.feedback.results import rules as results_rules
from zone.feedback.results.rules import AnswerSummary, published, published_shares
from zone.reporting.charts import rules, views
from zone.reporting.charts.rules import HourVisits
from zone.reporting.pace.rules import Outlook, Pace
from zone.reporting.supporting.rules import ShownPeople

MONDAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("until", "now", "last"),
    [
        (date(2026, 12, 1), datetime(2026, 12, 1, 14, tzinfo=UTC), date(2026, 11, 29)),
        (date(2026, 11, 29), datetime(2026, 11, 29, 14, tzinfo=UTC), date(2026, 11, 22)),
        # 22.00 UTC is midnight in Helsinki: that Sunday is over.
        (date(2026, 11, 29), datetime(2026, 11, 29, 22, tzinfo=UTC), date(2026, 11, 29)),
        (date(2026, 1, 1), datetime(2026, 1, 1, 9, tzinfo=UTC), date(2025, 12, 28)),
    ],
)
def test_the_hours_are_of_four_full_weeks(until: date, now: datetime, last: date) -> None:
    assert rules.last_weeks(until, now) == (last - timedelta(days=27), last)


def hours(visits: dict[tuple[int, int], int]) -> HourVisits:
    return HourVisits(MONDAY, MONDAY + timedelta(days=27), visits, 0)


def test_an_hour_with_fewer_than_five_visits_on_average_is_not_shown() -> None:
    rows = rules.hour_means(hours({(1, 8): 19, (1, 9): 20, (2, 10): 398}))
    assert [[(cell.mean, cell.level) for cell in row] for row in rows[:2]] == [
        [(None, 0), (5, 1), (0, 0)],
        [(0, 0), (0, 0), (100, 5)],
    ]
    assert len(rows) == 6, "Sundays only where somebody came"
    busiest = views.busiest(rows)
    assert busiest is not None
    assert (busiest.weekday, busiest.hour) == (2, 10)
    assert rules.hour_means(hours({})) == []
    assert views.busiest(rules.hour_means(hours({(1, 8): 3}))) is None


@given(
    st.dictionaries(
        st.tuples(st.integers(1, 7), st.integers(0, 23)), st.integers(0, 2000), max_size=20
    )
)
def test_no_small_mean_is_shown_and_no_shade_is_out_of_range(
    visits: dict[tuple[int, int], int],
) -> None:
    for row in rules.hour_means(hours(visits)):
        for cell in row:
            count = visits.get((cell.weekday, cell.hour), 0)
            assert (cell.mean == 0) is (count == 0)
            assert (cell.mean is None) is (0 < count < 20)
            assert cell.level in range(6)
            assert (cell.level > 0) is (count >= 20)


PASSES = {date(2026, 1, 5): 100, date(2026, 3, 31): 50, date(2026, 4, 1): 25}
LAST_YEAR = {date(2025, 1, 5): 80, date(2025, 12, 1): 80}


def test_the_curve_shows_the_totals_at_the_ends_of_months() -> None:
    points = rules.curve(Pace(Decimal(200), 2026, LAST_YEAR), PASSES, date(2026, 4, 2))
    shown = [(point.day, point.actual, point.target, point.last_year) for point in points]
    assert shown[0] == (date(2026, 1, 31), 100, 100, 80)
    assert shown[2:5] == [
        (date(2026, 3, 31), 150, 100, 80),
        (date(2026, 4, 2), 175, 100, 80),
        (date(2026, 4, 30), None, 100, 80),
    ]
    assert shown[-1] == (date(2026, 12, 31), None, 200, 160)


def test_the_lines_of_the_curve_end_where_the_numbers_say() -> None:
    pace = Pace(Decimal(200), 2026, LAST_YEAR)
    curve = views.curve_view(rules.curve(pace, PASSES, date(2026, 4, 2)), date(2026, 4, 2))
    assert [value for _, value in curve.ticks] == [0, 50, 100, 150, 200]
    assert curve.actual.endswith(",".join(curve.now))
    assert curve.target.endswith(f"97.00,{curve.end}")
    assert views.against(curve) == (Outlook.AHEAD, Outlook.AHEAD)
    alone = views.curve_view(
        rules.curve(Pace(Decimal(200), 2026, {}), {}, date(2026, 4, 2)), date(2026, 4, 2)
    )
    assert (alone.last_year, views.against(alone)) == ("", (Outlook.BEHIND, None))


def test_bars_are_by_size_and_hide_what_is_too_small() -> None:
    shown = {"a": ShownPeople(10, MONDAY), "b": ShownPeople(40, MONDAY), "c": None}
    before = {"a": ShownPeople(20, MONDAY), "c": ShownPeople(9, MONDAY), "d": None}
    bars = views.bars(shown, before, {"a": "Arcada"})
    assert [(bar.name, bar.size, bar.before, bar.share) for bar in bars] == [
        ("b", 40, None, "100.0%"),
        ("Arcada", 10, 20, "25.0%"),
        ("c", None, 9, "0.0%"),
    ]
    assert [bar.behind for bar in bars] == [False, True, False]


graded = st.lists(st.integers(0, 300), min_size=5, max_size=5)


@given(graded, st.integers(0, 20))
def test_shares_add_up_and_are_published_of_enough_grades(counts: list[int], cant_say: int) -> None:
    cell = results_rules.counted(counts, cant_say)
    shares = published_shares(counts, published(cell))
    if sum(counts) < 25 or 0 < cant_say < 5:
        assert shares is None
        return
    assert shares is not None
    assert sum(shares) == 100
    for share, count in zip(shares, counts, strict=True):
        assert abs(share - 100 * count / sum(counts)) < 1
        assert count > 0 or share == 0


def test_counts_give_the_same_summary_as_the_answers() -> None:
    assert results_rules.counted([1, 0, 2, 0, 3], 4) == AnswerSummary(10, 6, 22)
