"""When a weekly class falls. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from zone.core.time import from_helsinki


@dataclass(frozen=True, slots=True)
class Weekly:
    """When a weekly session falls: weekday (1 Monday), Helsinki wall-clock start, minutes, first and last day."""

    weekday: int
    starts_at: time
    minutes: int
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class Expansion:
    """What expanding made: the number of new sessions, and the days left out because the place is closed or taken."""

    made: int = 0
    closed: tuple[date, ...] = ()
    clashes: tuple[date, ...] = ()

    def __add__(self, other: "Expansion") -> "Expansion":
        return Expansion(
            self.made + other.made, self.closed + other.closed, self.clashes + other.clashes
        )


def weekly(
    weekday: int, at: time, minutes: int, first: date, last: date
) -> Iterator[tuple[date, datetime, datetime]]:
    """The days, starts and ends of a weekly session; the wall-clock start stays across a change of the clock.

    The length is elapsed time: a session over the night of a change is as long as any other.
    """
    day = first + timedelta(days=(weekday - first.isoweekday()) % 7)
    while day <= last:
        start = from_helsinki(day, at)
        yield day, start, start + timedelta(minutes=minutes)
        day += timedelta(days=7)
