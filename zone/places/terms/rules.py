"""The ISO weeks of a term. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta

from zone.core.time import iso_week


def weeks_between(first: date, last: date) -> Iterator[tuple[int, int]]:
    """The ISO weeks that the days from `first` to `last` touch."""
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        yield iso_week(monday)
        monday += timedelta(days=7)
