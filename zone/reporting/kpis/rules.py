"""The three targets as rules: exact decimal arithmetic, rounding half up and only for display. Pure.

Source: docs/targets.md. A change of meaning gets a new version in DEFINITIONS, so that a receipt says which one was
used.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from zone.core.money import half_up
from zone.core.time import Window, elapsed, from_helsinki, helsinki_date, iso_week, monday_of
from zone.feedback.results.rules import LEAST_SHOWN

DEFINITIONS: Final = {"A": "A-1", "B": "B-1", "C": "C-1"}
DIGITS: Final = {"A": 0, "B": 1, "C": 1}
"""Decimals of the figure as people see it; the status never uses the rounded one."""
FIRST_YEAR: Final = 2021
"""The first target year."""

_LINE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Week = tuple[int, int]
"""(ISO year, ISO week)."""


class Status(StrEnum):
    """What a figure says about its target."""

    MET = "met"
    MET_PCT_ONLY = "met_pct_only"
    NOT_MET = "not_met"
    INSUFFICIENT = "insufficient_data"


WEAKEST_FIRST: Final = (Status.NOT_MET, Status.INSUFFICIENT, Status.MET_PCT_ONLY, Status.MET)


@dataclass(frozen=True, slots=True)
class Goal:
    """A target: baseline, when that was measured, the growth in percent if one was written, and the number to reach."""

    key: str
    baseline: Decimal
    baseline_of: str
    pct: Decimal | None
    goal: Decimal

    @property
    def pct_level(self) -> Decimal | None:
        """The value at which the growth alone is reached: 1870 + 33 % = 2487.1."""
        return None if self.pct is None else self.baseline * (100 + self.pct) / 100


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure with its status, and what people see of it."""

    status: Status
    value: Decimal | None
    shown: Decimal | None
    growth_pct: Decimal | None
    rounds_up: bool
    """The shown number reaches a level that the unrounded one does not: say so beside it."""


class Held(Protocol):
    """A guided session that was held."""

    @property
    def session_id(self) -> int: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


S = TypeVar("S", bound=Held)


def judge(goal: Goal, value: Decimal | None) -> Judged:
    """The status of an unrounded figure; None means that there is too little to say."""
    status = status_of(goal, value)
    if value is None:
        return Judged(status, None, None, None, rounds_up=False)
    shown = half_up(value, DIGITS[goal.key])
    levels = (goal.goal, goal.pct_level)
    rounds_up = any(level is not None and value < level <= shown for level in levels)
    return Judged(status, value, shown, growth_pct(goal, value), rounds_up)


def status_of(goal: Goal, value: Decimal | None) -> Status:
    """Met at the goal, met_pct_only from the growth on, else not met; always by the unrounded value."""
    if value is None:
        return Status.INSUFFICIENT
    if value >= goal.goal:
        return Status.MET
    if goal.pct_level is not None and value >= goal.pct_level:
        return Status.MET_PCT_ONLY
    return Status.NOT_MET


def weakest(statuses: Collection[Status]) -> Status:
    """The status of a target that several terms or waves must each meet: they are never averaged.

    One that is not met decides; otherwise one that cannot be judged yet leaves the whole open.
    """
    return min(statuses, key=WEAKEST_FIRST.index, default=Status.INSUFFICIENT)


def growth_pct(goal: Goal, value: Decimal) -> Decimal | None:
    """Growth on the baseline in percent, two decimals half up; None where no growth was asked for."""
    return None if goal.pct is None else half_up((value / goal.baseline - 1) * 100, 2)


def hours_of(start: datetime, end: datetime) -> Decimal:
    """Hours of 60 minutes between two instants; a clock change in between changes nothing."""
    return Decimal(elapsed(start, end) // timedelta(microseconds=1)) / 3_600_000_000


def week_window(week: Week) -> Window:
    """[Monday 0:00, next Monday 0:00) of an ISO week in Helsinki, in UTC: 167, 168 or 169 hours."""
    monday = monday_of(*week)
    return from_helsinki(monday, time()), from_helsinki(monday + timedelta(days=7), time())


def complete(weeks: Iterable[Week], as_of: datetime) -> list[Week]:
    """The weeks that were over at the as-of time; one that still runs would count as a short one."""
    return [week for week in weeks if week_window(week)[1] <= as_of]


def in_weeks(sessions: Iterable[S], weeks: Collection[Week]) -> list[S]:
    """The sessions that start in one of the weeks, each once."""
    once = {session.session_id: session for session in sessions}
    return [
        session for session in once.values() if iso_week(helsinki_date(session.starts_at)) in weeks
    ]


def weekly_hours(sessions: Iterable[Held], weeks: Collection[Week]) -> Decimal | None:
    """The mean of guided hours over regular weeks. Parallel sessions add up; a week without a session counts as 0."""
    if not weeks:
        return None
    total = sum((hours_of(s.starts_at, s.ends_at) for s in in_weeks(sessions, weeks)), Decimal(0))
    return total / len(weeks)


def grade(grades: Sequence[int | None]) -> Decimal | None:
    """The unrounded mean of one wave; None ("can't say") is counted as an answer and left out of the mean.

    None where fewer than five answered, or nobody gave a number.
    """
    given = [value for value in grades if value is not None]
    return Decimal(sum(given)) / len(given) if len(grades) >= LEAST_SHOWN and given else None


def digest(rows: Iterable[Sequence[str | int | None]]) -> str:
    """SHA-256 (hex) over the rows as JSON, one a line, sorted: the same rows give the same digest in any order."""
    lines = sorted(map(_LINE.encode, rows))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
