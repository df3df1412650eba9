"""The week that is planned: where classes lie in its grid, what clashes, and guided hours. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from zone.booking.activities.rules import COUNTED_KINDS, ONLINE_KINDS
from zone.core.money import round_half_up

DAY: Final = 24 * 60
WEEK: Final = 7 * DAY
QUARTER: Final = 15
"""Minutes of a column."""
MOST_LANES: Final = 12
"""Lanes of a day; what comes after lies in the last."""
FEWEST_HOURS: Final = 6
"""Hours that are shown at least."""


@dataclass(frozen=True, slots=True)
class PlannedClass:
    """A weekly class on one of its weekdays, between two days, both included.

    `weekday` is 1 on Monday; `others` are the other weekdays of the class.
    `starts_at` is a clock time in Helsinki; `name` is in the reader's language.
    """

    id: UUID
    name: str
    kind: str
    category: str
    live: bool
    space_id: int | None
    instructor_id: int | None
    weekday: int
    starts_at: time
    minutes: int
    first_on: date
    last_on: date
    others: tuple[int, ...] = ()

    @property
    def minute(self) -> int:
        """The minute of the day at which it starts."""
        return self.starts_at.hour * 60 + self.starts_at.minute

    @property
    def end(self) -> int:
        """The minute at which it ends, counted from 0.00 of the day on which it starts."""
        return self.minute + self.minutes

    @property
    def is_guided(self) -> bool:
        """Whether it counts in target B: guided, and live where it is online."""
        return self.kind in COUNTED_KINDS and (self.kind not in ONLINE_KINDS or self.live)


@dataclass(frozen=True, slots=True)
class Placed:
    """A class in the grid: its first column, how many it spans, and its lane, from 0."""

    planned: PlannedClass
    column: int
    span: int
    lane: int


@dataclass(frozen=True, slots=True)
class Clashes:
    """Which other classes a class would meet, by what they share."""

    place: tuple[PlannedClass, ...] = ()
    instructor: tuple[PlannedClass, ...] = ()


def shown_hours(
    classes: Iterable[PlannedClass], open_hours: Iterable[tuple[time, time]]
) -> tuple[int, int]:
    """Return the first hour of the grid and the hour at which it ends, of 0 to 24.

    It holds all classes and the opening hours, and `FEWEST_HOURS` at least.
    """
    starts, ends = [17 * 60], [18 * 60]
    for item in classes:
        starts.append(item.minute)
        ends.append(min(item.end, DAY))
    for opens, closes in open_hours:
        starts.append(opens.hour * 60)
        # A closing time of the next day, and 23.59, which stands for midnight.
        closing = closes.hour * 60 + closes.minute
        ends.append(closing if opens < closes else DAY)
    first, last = min(starts) // 60, -(-max(ends) // 60)
    last = max(last, min(24, first + FEWEST_HOURS))
    return min(first, last - FEWEST_HOURS), last


def place(classes: Iterable[PlannedClass], first_hour: int, last_hour: int) -> list[Placed]:
    """Return the classes of one day in lanes, so that none lies on another."""
    lanes: list[int] = []
    placed = []
    for item in sorted(classes, key=lambda one: (one.minute, -one.minutes, one.name)):
        column = (item.minute - first_hour * 60) // QUARTER
        end = min(-(-(item.end - first_hour * 60) // QUARTER), (last_hour - first_hour) * 4)
        lane = next((n for n, free in enumerate(lanes) if free <= column), len(lanes))
        if lane < MOST_LANES:
            lanes[lane : lane + 1] = [end]
        placed.append(Placed(item, column, end - column, min(lane, MOST_LANES - 1)))
    return placed


def overlap(one: PlannedClass, other: PlannedClass) -> bool:
    """Return whether two classes are held at one time in some week."""
    if max(one.first_on, other.first_on) > min(one.last_on, other.last_on):
        return False
    apart = ((other.weekday - one.weekday) * DAY + other.minute - one.minute) % WEEK
    # `apart`: from the start of the one to the next start of the other, over the end of the week.
    return apart < one.minutes or WEEK - apart < other.minutes


def clashes(
    draft: PlannedClass,
    classes: Iterable[PlannedClass],
    parts: Mapping[int, Sequence[int]],
) -> Clashes:
    """Return what else is held at the draft's time in its space, or by its instructor.

    `parts` are those of each space: two spaces with a part in common are one place.
    """
    others = [one for one in classes if one.id != draft.id and overlap(draft, one)]
    held = set(parts.get(draft.space_id, ())) if draft.space_id else set()
    return Clashes(
        tuple(one for one in others if one.space_id and held & set(parts.get(one.space_id, ()))),
        tuple(
            one
            for one in others
            if draft.instructor_id and one.instructor_id == draft.instructor_id
        ),
    )


def falls_in(planned: PlannedClass, monday: date) -> bool:
    """Return whether a class has a day in the week of a Monday."""
    day = monday + timedelta(days=planned.weekday - 1)
    return planned.first_on <= day <= planned.last_on


def guided_hours(classes: Iterable[PlannedClass], monday: date) -> Decimal:
    """Return the hours of guided exercise in the week of a Monday; parallel classes add up."""
    minutes = sum(one.minutes for one in classes if one.is_guided and falls_in(one, monday))
    return Decimal(minutes) / 60


def decimals_of(hours: Decimal, goal: Decimal | None) -> int:
    """Return with how many decimals hours are shown: one, or two where they would read as the goal
    that they miss.
    """
    return 2 if goal is not None and hours < goal <= round_half_up(hours, 1) else 1


def week_to_count(today: date, first: date, last: date) -> date:
    """Return the Monday of the week whose hours are counted, of a term between two days.

    The next whole week of the term; the present one where the term ends in it.
    """
    if first > today:
        return first + timedelta(days=-first.weekday() % 7)
    monday = today - timedelta(days=today.weekday())
    following = monday + timedelta(days=7)
    return following if following <= last else monday
