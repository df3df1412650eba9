"""The ISO weeks of a term, and its greatest length. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from zone.core.time import iso_week

LONGEST_TERM: Final = timedelta(days=250)


def weeks_between(first: date, last: date) -> Iterator[tuple[int, int]]:
    """Yield the ISO weeks of the days from `first` to `last`."""
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        yield iso_week(monday)
        monday += timedelta(days=7)
