"""How busy a campus is, now and usually, in three levels, from the people who are inside. Pure.

Who is inside is told by `occupancy`: few doors see people leave, so most stay for a usual time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args

Level = Literal["quiet", "some", "busy"]

LEVELS: Final[tuple[Level, ...]] = get_args(Level)

KEPT: Final = timedelta(weeks=8)
"""What is usual changes with the term: older hours say little of the next week."""

FEWEST_COUNTS: Final = 3
"""Of an hour that was counted in fewer weeks nothing is usual yet."""

FEWEST: Final = 5
"""Fewer people than this are always `quiet`: no level may tell whether one person is there."""

QUIET_BELOW: Final = 15
BUSY_FROM: Final = 40
"""Percent of the people who fit in. Halls and studios are rarely all full at the same time."""

USUAL_ROOM: Final = 50
"""How many people fit into a campus of which no space is known."""

Room = tuple[int, frozenset[int]]
"""The capacity of a space, and its parts."""


@dataclass(frozen=True, slots=True)
class CountedHour:
    """An hour of the week: in how many weeks it was counted, and of how many people in all."""

    weekday: int
    hour: int
    weeks: int
    people: int


@dataclass(frozen=True, slots=True)
class UsualWeek:
    """The usual level of each (weekday, hour), where it is known; `until`: the last counted day."""

    levels: Mapping[tuple[int, int], Level] = field(default_factory=dict)
    until: date | None = None

    @property
    def hours(self) -> range:
        """The hours of the day between the first and the last that is known."""
        known = [hour for _, hour in self.levels]
        return range(min(known), max(known) + 1) if known else range(0)


def usual_levels(counted: Iterable[CountedHour], room: int) -> dict[tuple[int, int], Level]:
    """Return the level of each (weekday, hour), by the mean of the weeks in which it was counted.

    An hour that was counted in fewer than `FEWEST_COUNTS` weeks is missing.
    """
    return {
        (one.weekday, one.hour): level_of(one.people, room, one.weeks)
        for one in counted
        if one.weeks >= FEWEST_COUNTS
    }


def counted_at(now: datetime) -> datetime:
    """Return the full minute of `now`, of which people are counted."""
    # Within a minute the public count stays the same: it does not tell who comes in this second.
    return now.replace(second=0, microsecond=0)


def fits_in(spaces: Iterable[Room]) -> int:
    """Return how many people fit into spaces at the same time.

    A court that shares a part with its hall is counted with the hall.
    """
    room, counted = 0, set[int]()
    for capacity, parts in sorted(spaces, key=lambda space: (-len(space[1]), -space[0])):
        if counted.isdisjoint(parts):
            room += capacity
            counted |= parts
    return room


def level_of(people: int, room: int, weeks: int = 1) -> Level:
    """Return how busy a campus is into which `room` people fit; 0: not known.

    `people` are those of so many weeks together.
    """
    if people < FEWEST * weeks:
        return "quiet"
    # In whole numbers: 100 × (4.2 ÷ 28) is a little more than the 15 that it should be, or less.
    whole = weeks * (room or USUAL_ROOM)
    if 100 * people < QUIET_BELOW * whole:
        return "quiet"
    return "some" if 100 * people < BUSY_FROM * whole else "busy"
