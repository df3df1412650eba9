"""What is counted of a day, and which days a run counts. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from zone.core.time import to_helsinki

FIGURES: Final = frozenset({"passes", "people", "guided", "no_shows", "filled", "captured"})
RECOUNTED: Final = timedelta(days=40)
"""Facts arrive late: entries after 7 days offline, no-shows for 30 days. Older days are counted
again once a day."""
FULL_HOUR: Final = 4
"""The Helsinki hour in which all days are counted again; the clocks skip and repeat that before."""
FINAL_AFTER: Final = timedelta(seconds=10)
"""A transaction that is open at the as-of time may still add rows from before it."""


class CountKey(NamedTuple):
    """Of which figure, when and where; `campus` and `group` are empty where there is none."""

    # Tuples, because a page of figures makes and hashes thousands: a third of its time as objects.

    figure: str
    day: date
    hour: int
    campus: str = ""
    group: str = ""


class Count(NamedTuple):
    """A number and what it is a part of; `whole` of guided sessions is their microseconds."""

    part: int = 0
    whole: int = 0


Counts = dict[CountKey, Count]


def count_key(figure: str, at: datetime, campus: str | None = None, group: str = "") -> CountKey:
    """Return the key of a fact at an instant."""
    wall = to_helsinki(at)
    return CountKey(figure, wall.date(), wall.hour, campus or "", group)


def total(counts: Iterable[tuple[CountKey, Count]]) -> Counts:
    """Return the sum of the counts of each key."""
    sums: dict[CountKey, list[int]] = {}
    for key, count in counts:
        both = sums.setdefault(key, [0, 0])
        both[0] += count.part
        both[1] += count.whole
    return {key: Count(*both) for key, both in sums.items()}


def differences(actual: Mapping[CountKey, Count], stored: Mapping[CountKey, Count]) -> Counts:
    """Return what has to be added to the stored counts."""
    changed = {}
    for key in actual.keys() | stored.keys():
        new, old = actual.get(key, Count()), stored.get(key, Count())
        if new != old:
            changed[key] = Count(new.part - old.part, new.whole - old.whole)
    return changed


def days_to_count(now: datetime, stored: tuple[date, date] | None) -> tuple[date, date]:
    """Return the first and the last day that a run counts; `stored` are those with counts."""
    wall = to_helsinki(now)
    yesterday = wall.date() - timedelta(days=1)
    recent = yesterday - RECOUNTED
    since = min(recent, date(wall.year - 1, 1, 1))
    if stored is None:
        return since, yesterday
    first, last = stored
    if last < recent or wall.hour == FULL_HOUR:
        # Also those of earlier years, whose facts are still corrected, and those of a long stop.
        return min(since, first), yesterday
    return recent, yesterday


def spans_of_years(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the days from `first` to `last`, cut at the turns of years."""
    # A person counts once in a calendar year.
    for year in range(first.year, last.year + 1):
        yield max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
