"""The three targets in exact decimal arithmetic; only what is displayed is rounded, half up. Pure.

Source: docs/targets.md. A change of meaning gets a new version in DEFINITIONS, which every figure
names in its receipt.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from zone.core.money import round_half_up
from zone.core.time import Window, elapsed, from_helsinki, helsinki_date, iso_week, monday_of
from zone.feedback.results.rules import cell_of, published

DEFINITIONS: Final = {"A": "A-1", "B": "B-1", "C": "C-1"}
DIGITS: Final = {"A": 0, "B": 1, "C": 1}
"""Decimals of the displayed figure; the status uses the unrounded one."""
FIRST_YEAR: Final = 2021
"""The first target year."""

_LINE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

HOUR: Final = 3_600_000_000
"""Microseconds of an hour of 60 minutes."""

Week = tuple[int, int]
"""(ISO year, ISO week)."""


class Status(StrEnum):
    """Whether a figure meets its target."""

    MET = "met"
    MET_PCT_ONLY = "met_pct_only"
    NOT_MET = "not_met"
    INSUFFICIENT = "insufficient_data"


WEAKEST_FIRST: Final = (Status.NOT_MET, Status.INSUFFICIENT, Status.MET_PCT_ONLY, Status.MET)


@dataclass(frozen=True, slots=True)
class Goal:
    """A target: the number to reach, its baseline and when that was measured.

    `pct` is the growth on the baseline in percent where the target was also written as one.
    """

    key: str
    baseline: Decimal
    baseline_of: str
    pct: Decimal | None
    goal: Decimal

    @property
    def pct_level(self) -> Decimal | None:
        """The value at which the growth alone is reached, for example 1870 + 33 % = 2487.1."""
        return None if self.pct is None else self.baseline * (100 + self.pct) / 100


@dataclass(frozen=True, slots=True)
class JudgedFigure:
    """A figure with its status, and as it is displayed."""

    status: Status
    value: Decimal | None
    shown: Decimal | None
    growth_pct: Decimal | None
    rounds_up: bool
    """The displayed number reaches a level that the unrounded one does not."""


class Held(Protocol):
    """A guided session that was held."""

    @property
    def session_id(self) -> int: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


S = TypeVar("S", bound=Held)


def judge(goal: Goal, value: Decimal | None, published: Decimal | None = None) -> JudgedFigure:
    """Return an unrounded figure with its status; None means that there is not enough data.

    `published` takes the place of the value where that is published with fewer decimals; the exact
    value decides the status all the same.
    """
    status = status_of(goal, value)
    if value is None:
        return JudgedFigure(status, None, None, None, rounds_up=False)
    figure = value if published is None else published
    shown = round_half_up(figure, DIGITS[goal.key])
    levels = (goal.goal, goal.pct_level)
    rounds_up = any(level is not None and value < level <= shown for level in levels)
    return JudgedFigure(status, figure, shown, growth_pct(goal, figure), rounds_up)


def status_of(goal: Goal, value: Decimal | None) -> Status:
    """Return the status of an unrounded figure."""
    if value is None:
        return Status.INSUFFICIENT
    if value >= goal.goal:
        return Status.MET
    if goal.pct_level is not None and value >= goal.pct_level:
        return Status.MET_PCT_ONLY
    return Status.NOT_MET


def weakest(statuses: Collection[Status]) -> Status:
    """Return the status of a target that each of several terms or waves must meet."""
    # They are never averaged: one that is not met decides, then one without enough data.
    return min(statuses, key=WEAKEST_FIRST.index, default=Status.INSUFFICIENT)


def growth_pct(goal: Goal, value: Decimal) -> Decimal | None:
    """Return the growth on the baseline in percent, two decimals; None without a growth target.

    Growth below the target stays below it, also where it would be rounded up.
    """
    if goal.pct is None or not goal.baseline:  # 0 as the API once took it
        return None
    shown = round_half_up((value / goal.baseline - 1) * 100, 2)
    if goal.pct_level is not None and value < goal.pct_level:
        unit = Decimal("0.01")
        return min(shown, goal.pct.quantize(unit, rounding=ROUND_CEILING) - unit)
    return shown


def microseconds_of(start: datetime, end: datetime) -> int:
    """Return the microseconds between two instants, across clock changes too."""
    return elapsed(start, end) // timedelta(microseconds=1)


def week_window(week: Week) -> Window:
    """Return [Monday 0:00, next Monday 0:00) of an ISO week in Helsinki: 167 to 169 hours."""
    monday = monday_of(*week)
    return from_helsinki(monday, time()), from_helsinki(monday + timedelta(days=7), time())


def complete_weeks(weeks: Iterable[Week], as_of: datetime) -> list[Week]:
    """Return the weeks that were over at the as-of time."""
    return [week for week in weeks if week_window(week)[1] <= as_of]


def sessions_in_weeks(sessions: Iterable[S], weeks: Collection[Week]) -> list[S]:
    """Return the sessions that start in one of the weeks, each once."""
    by_id = {session.session_id: session for session in sessions}
    return [
        session for session in by_id.values() if iso_week(helsinki_date(session.starts_at)) in weeks
    ]


def weekly_hours(sessions: Iterable[Held], weeks: Collection[Week]) -> Decimal | None:
    """Return the mean of guided hours over regular weeks; None without weeks.

    Parallel sessions add up; a week without a session counts as 0.
    """
    counted = sessions_in_weeks(sessions, weeks)
    return mean_hours(sum(microseconds_of(s.starts_at, s.ends_at) for s in counted), len(weeks))


def mean_hours(microseconds: int, weeks: int) -> Decimal | None:
    """Return hours a week; None without weeks."""
    # Whole microseconds until the one division: 60 sessions of 50 minutes, each divided into hours
    # before the sum, were 49.99… hours, which is below the goal of 50.
    return Decimal(microseconds) / (HOUR * weeks) if weeks else None


def judge_grades(goal: Goal, grades: Sequence[int | None]) -> JudgedFigure:
    """Return the mean grade of one wave with its status.

    A grade of None ("can't say") counts as an answer, and is left out of the mean. There is no
    figure of fewer than LEAST_SHOWN grades, nor where it would tell how few could not say.
    """
    cell = cell_of(grades)
    shown = published(cell)
    if shown is None or shown.mean is None:
        return judge(goal, None)
    return judge(goal, cell.mean, shown.mean)


def digest(rows: Iterable[Sequence[str | int | None]]) -> str:
    """Return the SHA-256 (hex) of the rows as sorted lines of JSON."""
    lines = sorted(map(_LINE.encode, rows))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
