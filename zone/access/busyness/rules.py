"""How busy a campus is, in three levels, from the people who are inside. Pure.

Who is inside is told by `occupancy`: few doors see people leave, so most stay for a usual time.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

Level = Literal["quiet", "some", "busy"]

FEWEST: Final = 5
"""Fewer people than this are always `quiet`: no level may tell whether one person is there."""

QUIET_BELOW: Final = 15
BUSY_FROM: Final = 40
"""Percent of the people who fit in. Halls and studios are rarely all full at the same time."""

USUAL_ROOM: Final = 50
"""How many people fit into a campus of which no space is known."""

Room = tuple[int, frozenset[int]]
"""The capacity of a space, and its parts."""


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


def level_of(people: int, room: int) -> Level:
    """Return how busy a campus is into which `room` people fit; 0: not known."""
    if people < FEWEST:
        return "quiet"
    percent = 100 * people / (room or USUAL_ROOM)
    return "quiet" if percent < QUIET_BELOW else "some" if percent < BUSY_FROM else "busy"
