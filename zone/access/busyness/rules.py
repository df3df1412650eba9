"""How busy a campus is, in three levels, from the people whom its doors let in. Pure.

A level is no number of people inside: doors count who comes in, and few count who leaves.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

from zone.core.time import Window

Level = Literal["quiet", "some", "busy"]

COUNTED: Final = timedelta(minutes=60)
"""Who came in this long ago is counted; most people stay for about an hour."""

FEWEST: Final = 5
"""Fewer people than this are always `quiet`: no level may tell whether one person is there."""

QUIET_BELOW: Final = 15
BUSY_FROM: Final = 40
"""Percent of the people who fit in. Halls and studios are rarely all full at the same time."""

USUAL_ROOM: Final = 50
"""How many people fit into a campus of which no space is known."""

Room = tuple[int, frozenset[int]]
"""The capacity of a space, and its parts."""


def counted_window(now: datetime) -> Window:
    """Return the last 60 minutes until the full minute of `now`, as instants.

    Also over midnight, and in the hour that the clock skips or repeats, they are 60 minutes.
    """
    minute = now.replace(second=0, microsecond=0)
    return minute - COUNTED, minute


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


def level_of(admitted: int, room: int) -> Level:
    """Return how busy a campus is into which `room` people fit; 0: not known."""
    if admitted < FEWEST:
        return "quiet"
    percent = 100 * admitted / (room or USUAL_ROOM)
    return "quiet" if percent < QUIET_BELOW else "some" if percent < BUSY_FROM else "busy"
