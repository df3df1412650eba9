"""Which day takes the place of which when a weekly class gets other weekdays. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta


def weekdays_instead(before: Sequence[int], after: Sequence[int]) -> dict[int, int | None]:
    """Return the new weekday of each old one; None where there are fewer than before.

    A weekday that stays is itself; of the others the first new one takes the place of the first
    old one, and so on.
    """
    gone = [day for day in sorted(before) if day not in after]
    new = [day for day in sorted(after) if day not in before]
    moved: dict[int, int | None] = dict.fromkeys(gone)
    moved.update(zip(gone, new, strict=False))
    return {day: moved.get(day, day) for day in sorted(before)}


def day_instead(day: date, weekdays: dict[int, int | None]) -> date | None:
    """Return the day of the same week that takes the place of a day; None: none does."""
    weekday = weekdays.get(day.isoweekday(), day.isoweekday())
    return None if weekday is None else day + timedelta(days=weekday - day.isoweekday())
