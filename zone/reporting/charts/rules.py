"""The row sets of the charts: what is summed, and which numbers are too small to show. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from zone.core.money import round_half_up
from zone.core.time import day_window
from zone.feedback.results.rules import LEAST_SHOWN
from zone.reporting.daily_counts.rules import Counts
from zone.reporting.pace.rules import Basis, Pace, month_ends

WEEKS: Final = 4
"""The weeks over which the hours of a chart are averaged."""
LEVELS: Final = 5
"""Shades of the hours, above the one of those with too few visits."""


@dataclass(frozen=True, slots=True)
class HourVisits:
    """The visits of WEEKS full weeks by ISO weekday and hour; doors saw `doors` of them."""

    first: date
    last: date
    visits: Mapping[tuple[int, int], int]
    doors: int

    @property
    def total(self) -> int:
        """All visits of these weeks."""
        return sum(self.visits.values())


@dataclass(frozen=True, slots=True)
class HourMean:
    """The mean of an hour as shown: None where it is under LEAST_SHOWN, but not 0."""

    weekday: int
    hour: int
    mean: int | None
    level: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The running totals at the end of a day: this year's up to today, the pace, last year's."""

    day: date
    actual: int | None
    target: int
    last_year: int | None


def by_day(counts: Counts, figure: str) -> dict[date, int]:
    """Return the counts of a figure by day."""
    days = Counter[date]()
    for key, count in counts.items():
        if key.figure == figure:
            days[key.day] += count.part
    return dict(days)


def last_weeks(until: date, as_of: datetime) -> tuple[date, date]:
    """Return the Monday of the first and the Sunday of the last of WEEKS weeks that are over."""
    over = until if day_window(until)[1] <= as_of else until - timedelta(days=1)
    sunday = over - timedelta(days=over.isoweekday() % 7)
    return sunday - timedelta(days=7 * WEEKS - 1), sunday


def hour_visits(first: date, last: date, counts: Counts) -> HourVisits:
    """Return the visits of some weeks by weekday and hour."""
    visits = Counter[tuple[int, int]]()
    for key, count in counts.items():
        visits[key.day.isoweekday(), key.hour] += count.whole
    return HourVisits(first, last, visits, sum(count.part for count in counts.values()))


def hour_means(found: HourVisits) -> list[list[HourMean]]:
    """Return a row for each weekday with visits, with the mean of each hour from first to last.

    Without visits there is none.
    """
    means = {at: Decimal(count) / WEEKS for at, count in found.visits.items() if count > 0}
    if not means:
        return []
    most = max(means.values())
    hours = range(min(hour for _, hour in means), max(hour for _, hour in means) + 1)
    days = range(1, max(6, *(day for day, _ in means)) + 1)
    return [[_hour_mean(day, hour, means, most) for hour in hours] for day in days]


def _hour_mean(
    day: int, hour: int, means: Mapping[tuple[int, int], Decimal], most: Decimal
) -> HourMean:
    mean = means.get((day, hour), Decimal(0))
    if mean < LEAST_SHOWN:
        return HourMean(day, hour, None if mean else 0, 0)
    # Equal steps up to the busiest hour, which has the last one.
    level = min(LEVELS, 1 + int(LEVELS * mean / most))
    return HourMean(day, hour, int(round_half_up(mean)), level)


def curve(pace: Pace, passes: Mapping[date, int], until: date) -> list[CurvePoint]:
    """Return the points of the year's curve: the ends of its months, and the last known day."""
    points, total, counted = list[CurvePoint](), 0, date(pace.year, 1, 1) - timedelta(days=1)
    compared = pace.basis is Basis.LAST_YEAR
    for day in month_ends(pace.year, until):
        total += sum(count for of, count in passes.items() if counted < of <= day)
        counted = day
        points.append(
            CurvePoint(
                day,
                total if day <= until else None,
                int(round_half_up(pace.by(day))),
                pace.last_year_by(day) if compared else None,
            )
        )
    return points


def tick_step(most: int) -> int:
    """Return the distance of the lines of a scale up to `most`: 1, 2 or 5 times a power of ten."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * 4 >= most:
                return step
        size *= 10
