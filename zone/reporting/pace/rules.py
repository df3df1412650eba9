"""How a running year stands against its targets: ahead or behind, and by how much. Pure.

Source: docs/targets.md, "Pace". Nothing here is a forecast: each figure is compared with where it
would be on pace today. Whether a target is met is said only of a year that has ended.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from math import ceil
from typing import Final

from zone.core.money import round_half_up
from zone.feedback.results.rules import shown_mean
from zone.reporting.kpis.rules import DIGITS, HOUR, Goal, JudgedFigure, Status

GRADE_DIGITS: Final = 2
"""Decimals of a grade beside its distance from the target; one would hide 3.95 behind 4.0."""


class Basis(StrEnum):
    """By what the pace of the year is counted."""

    LAST_YEAR = "last_year"
    CALENDAR = "calendar"


class Outlook(StrEnum):
    """How a target stands. The last three are said of a year that has ended, the others before.

    UNREACHABLE: by arithmetic, because a part that has ended is below the goal. REACHED: every part
    has ended at the goal or above. OPEN: nothing is known yet. TOO_FEW: too few answers to publish.
    """

    AHEAD = "ahead"
    ON_PACE = "on_pace"
    BEHIND = "behind"
    UNREACHABLE = "unreachable"
    REACHED = "reached"
    OPEN = "open"
    TOO_FEW = "too_few"
    NO_DATA = "no_data"
    MET = "met"
    MET_PCT_ONLY = "met_pct_only"
    NOT_MET = "not_met"


ENDED: Final = {
    Status.MET: Outlook.MET,
    Status.MET_PCT_ONLY: Outlook.MET_PCT_ONLY,
    Status.NOT_MET: Outlook.NOT_MET,
    Status.INSUFFICIENT: Outlook.NO_DATA,
}
WORST_FIRST: Final = (
    Outlook.UNREACHABLE,
    Outlook.TOO_FEW,
    Outlook.BEHIND,
    Outlook.ON_PACE,
    Outlook.AHEAD,
    Outlook.REACHED,
)


class Pace:
    """Where the running total of a year is on pace on each of its days, the day included.

    `last_year` are the counts of the year before by day. With them the pace is the goal times the
    share of last year's total by the same day; without any, times day ÷ days of the year.
    """

    def __init__(self, goal: Decimal, year: int, last_year: Mapping[date, int]) -> None:
        self.goal, self.year = goal, year
        days = sorted(day for day in last_year if day.year == year - 1)
        self._days = days
        self._totals = list(accumulate((last_year[day] for day in days), initial=0))

    @property
    def basis(self) -> Basis:
        """What the pace is counted by."""
        return Basis.LAST_YEAR if self._totals[-1] > 0 else Basis.CALENDAR

    def last_year_by(self, day: date) -> int:
        """Return last year's total by the same day; of 29 February by the 28th."""
        return self._totals[bisect_right(self._days, same_day(day, self.year - 1))]

    def by(self, day: date) -> Decimal:
        """Return where the total is on pace at the end of a day of the year, unrounded."""
        if self.basis is Basis.LAST_YEAR:
            return self.goal * self.last_year_by(day) / self._totals[-1]
        last = date(self.year, 12, 31)
        return self.goal * day.timetuple().tm_yday / last.timetuple().tm_yday


def same_day(day: date, year: int) -> date:
    """Return the same day and month of another year; 29 February becomes the 28th."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def last_day(year: int, known_until: date) -> date:
    """Return the day of the year up to which its figures go."""
    return min(max(known_until, date(year, 1, 1)), date(year, 12, 31))


def month_ends(year: int, until: date) -> list[date]:
    """Return the last day of each month of the year, and `until` among them."""
    firsts = [date(year, month, 1) for month in range(2, 13)] + [date(year + 1, 1, 1)]
    return sorted({first - timedelta(days=1) for first in firsts} | {until})


@dataclass(frozen=True, slots=True)
class PartProgress:
    """How a term or a wave stands; `gap` is its distance from the goal, never negative.

    `done` of `weeks` regular weeks are over; each of the others needs `needed` hours for the goal.
    """

    name: str
    outlook: Outlook
    value: Decimal | None
    gap: Decimal
    done: int = 0
    weeks: int = 0
    needed: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How a target stands: `gap` is the distance from where it is on pace, `missing` from the goal.

    `expected` is where it is on pace, rounded. `part` decides, where there are parts; `shown` is
    the newest part with a value. `pct_open`: the percentage is not missed, if the number is.
    """

    goal: Goal
    outlook: Outlook
    value: Decimal | None
    expected: Decimal
    gap: Decimal
    missing: Decimal
    parts: tuple[PartProgress, ...] = ()
    part: PartProgress | None = None
    pct_open: bool = False

    @property
    def shown(self) -> PartProgress | None:
        """The newest part with a value, else the first."""
        known = [part for part in self.parts if part.value is not None]
        return known[-1] if known else next(iter(self.parts), None)


def shown_value(key: str, value: Decimal) -> Decimal:
    """Return a figure as the page shows it: a grade is cut, so that it does not reach the goal."""
    if key == "C":
        return shown_mean(value)
    return round_half_up(value, DIGITS[key])


def distance(key: str, value: Decimal, goal: Decimal) -> Decimal:
    """Return how far a figure is from its goal, as shown; never 0 while it is below."""
    digits = GRADE_DIGITS if key == "C" else DIGITS[key]
    unit = Decimal(1).scaleb(-digits)
    gap = abs(goal - shown_value(key, value)).quantize(unit)
    return max(gap, unit) if value < goal else gap


def compared(value: Decimal, expected: Decimal) -> Outlook:
    """Return ahead, on pace or behind."""
    if value == expected:
        return Outlook.ON_PACE
    return Outlook.AHEAD if value > expected else Outlook.BEHIND


def passes_progress(
    goal: Goal, judged: JudgedFigure, pace: Pace, day: date, *, ended: bool
) -> Progress:
    """Return how target A stands at the end of `day`."""
    value = judged.value or Decimal(0)
    # Rounded before the comparison: what is shown adds up, and nobody is behind by 0.
    expected = round_half_up(goal.goal if ended else pace.by(day))
    missing = max(Decimal(0), goal.goal - value)
    outlook = compared(value, expected)
    if value == 0 and pace.basis is Basis.CALENDAR:
        outlook = Outlook.OPEN  # no pass in two years: nothing to compare
    if ended:
        # A year in which nothing at all was taken into use is one without records.
        outlook = ENDED[judged.status] if value else Outlook.NO_DATA
    return Progress(goal, outlook, value, expected, abs(value - expected), missing)


def term_progress(
    goal: Goal, name: str, judged: JudgedFigure, done: int, weeks: int, *, ended: bool
) -> PartProgress:
    """Return how a term stands in target B, of whose `weeks` regular weeks `done` are over."""
    value = judged.value
    if value is None:
        return PartProgress(
            name, Outlook.NO_DATA if ended else Outlook.OPEN, None, Decimal(0), done, weeks
        )
    if ended:
        outlook = ENDED[judged.status]
    elif done < weeks:
        outlook = compared(value, goal.goal)
    else:
        outlook = Outlook.REACHED if value >= goal.goal else Outlook.UNREACHABLE
    return PartProgress(
        name,
        outlook,
        value,
        distance("B", value, goal.goal),
        done,
        weeks,
        needed_hours(goal.goal, value, done, weeks),
    )


def needed_hours(goal: Decimal, mean: Decimal, done: int, weeks: int) -> Decimal | None:
    """Return the hours that each regular week to come needs for the goal; None without one.

    One decimal, rounded up.
    """
    if done >= weeks:
        return None
    # The whole microseconds again, of which the mean is a rounded quotient: 135 h in 13 weeks are
    # a little more than the mean times 13, and 565.1 h were asked of the last one instead of 565.
    held = round_half_up(mean * done * HOUR)
    needed = Fraction(goal) * weeks - Fraction(held) / HOUR
    return Decimal(max(0, ceil(10 * needed / (weeks - done)))).scaleb(-1)


def wave_progress(
    goal: Goal, name: str, judged: JudgedFigure, *, closed: bool, ended: bool
) -> PartProgress:
    """Return how a wave stands in target C; a closed one without a figure had too few answers."""
    value = judged.value
    if value is None:
        nothing = Outlook.NO_DATA if ended else Outlook.OPEN
        return PartProgress(name, Outlook.TOO_FEW if closed else nothing, None, Decimal(0))
    if ended:
        outlook = ENDED[judged.status]
    else:
        outlook = Outlook.REACHED if judged.status is Status.MET else Outlook.UNREACHABLE
    return PartProgress(name, outlook, value, distance("C", value, goal.goal))


def whole_progress(
    goal: Goal, status: Status, parts: Sequence[PartProgress], *, ended: bool
) -> Progress:
    """Return how a target stands that each of its parts must meet."""
    outlook, part = _ended(status, parts) if ended else _running(parts)
    value = part.value if part else None
    gap = part.gap if part else Decimal(0)
    level = goal.pct_level
    over = [one.value for one in parts if one.value is not None and one.done >= one.weeks]
    pct_open = level is not None and all(mean >= level for mean in over)
    short = value is not None and value < goal.goal
    missing = gap if short else Decimal(0)
    return Progress(goal, outlook, value, goal.goal, gap, missing, tuple(parts), part, pct_open)


def _running(parts: Sequence[PartProgress]) -> tuple[Outlook, PartProgress | None]:
    known = [part for part in parts if part.outlook in WORST_FIRST]
    if not known:
        return Outlook.OPEN, None
    part = min(known, key=lambda one: WORST_FIRST.index(one.outlook))
    if part.outlook is Outlook.REACHED and len(known) < len(parts):
        return Outlook.AHEAD, part
    return part.outlook, part


def _ended(status: Status, parts: Sequence[PartProgress]) -> tuple[Outlook, PartProgress | None]:
    outlook = ENDED[status]
    few = [part for part in parts if part.outlook is Outlook.TOO_FEW]
    if outlook is Outlook.NO_DATA and few:
        return Outlook.TOO_FEW, few[0]
    deciding = [part for part in parts if part.outlook is outlook and part.value is not None]
    return outlook, min(deciding, key=lambda one: one.value or Decimal(0), default=None)


MOST_URGENT: Final = (
    Outlook.BEHIND,
    Outlook.NOT_MET,
    Outlook.UNREACHABLE,
    Outlook.MET_PCT_ONLY,
    Outlook.TOO_FEW,
    Outlook.ON_PACE,
    Outlook.AHEAD,
    Outlook.OPEN,
    Outlook.NO_DATA,
    Outlook.REACHED,
    Outlook.MET,
)
"""What can still be changed comes first."""


def most_urgent_first(items: Sequence[Progress]) -> list[Progress]:
    """Return the targets in the order in which a manager should read of them."""
    return sorted(items, key=lambda item: (MOST_URGENT.index(item.outlook), -share_missing(item)))


def share_missing(item: Progress) -> Decimal:
    """Return the distance from the pace as a share of it."""
    return item.gap / item.expected if item.expected else Decimal(0)


def is_reached(item: Progress) -> bool:
    """Whether nothing is missing from the goal; of an ended year, whether it was met."""
    if item.outlook in {Outlook.REACHED, Outlook.MET}:
        return True
    return not item.parts and item.outlook is Outlook.AHEAD and item.missing == 0
