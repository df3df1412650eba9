"""When a door is open to everybody, of its week, its other days and the campus's hours. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from zone.core.time import Window
from zone.places.opening_hours.rules import DayHours, Hours, open_windows

LONGEST_REASON: Final = 300
MOST: Final = 50
"""Of times of the week, and of other days to come, of one door."""
ANY_DAY: Final = date.min


@dataclass(frozen=True, slots=True)
class WeeklyRelease:
    """Weekdays (1 Monday … 7 Sunday) and the times on them; closing first is on the next day."""

    weekdays: tuple[int, ...]
    opens: time
    closes: time
    first_person: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseWindow:
    """A time in which a door is open to everybody, [start, end), as UTC instants."""

    start: datetime
    end: datetime
    first_person: bool = False


def mask_of(weekdays: Iterable[int]) -> int:
    """Return weekdays (1 to 7) as the bits of a number."""
    return sum(1 << (weekday - 1) for weekday in set(weekdays))


def weekdays_of(mask: int) -> tuple[int, ...]:
    """Return the weekdays whose bits are set."""
    return tuple(weekday for weekday in range(1, 8) if mask & 1 << (weekday - 1))


def release_windows(
    week: Collection[WeeklyRelease],
    days: Mapping[date, DayHours | None],
    opened: Sequence[Window] | None,
    within: Window,
) -> list[ReleaseWindow]:
    """Return the times of a door within [start, end), in order.

    `days` have other times than the week. `opened` is when the campus is open; None: always. On a
    day that the campus is closed, a holiday for example, the door is open to nobody.
    """
    windows = []
    for first_person in (False, True):
        hours = [
            Hours(weekday, one.opens, one.closes, ANY_DAY)
            for one in week
            if one.first_person is first_person
            for weekday in one.weekdays
        ]
        # The times of another day hold as they are: nobody has to come first.
        other = dict.fromkeys(days) if first_person else days
        for start, end in open_windows(hours, other, *within):
            windows += [
                ReleaseWindow(*window, first_person) for window in _meet((start, end), opened)
            ]
    return sorted(windows, key=lambda window: (window.start, window.first_person))


def _meet(window: Window, opened: Sequence[Window] | None) -> list[Window]:
    """Return what a window has in common with others."""
    if opened is None:
        return [window]
    meets = [(max(window[0], start), min(window[1], end)) for start, end in opened]
    return [(start, end) for start, end in meets if start < end]
