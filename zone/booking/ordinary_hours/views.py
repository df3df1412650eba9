"""What the page of ordinary hours shows. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from zone.places.opening_hours.rules import DayHours, Hours


@dataclass(frozen=True, slots=True)
class HoursToCome:
    """Weekdays that get these hours on a later day, or keep them up to a last one."""

    weekdays: Sequence[int]
    hours: DayHours
    valid_from: date
    valid_until: date | None


def hours_to_come(week: Iterable[Hours], today: date) -> list[HoursToCome]:
    """Return the hours that begin after today or end on a known day, the earliest first."""
    grouped: dict[tuple[date, date | None, DayHours], list[int]] = {}
    for one in week:
        ends_later = one.valid_until is not None and one.valid_until >= today
        if one.valid_from > today or ends_later:
            key = (one.valid_from, one.valid_until, (one.opens, one.closes))
            grouped.setdefault(key, []).append(one.weekday)
    return [
        HoursToCome(sorted(weekdays), hours, first, last)
        for (first, last, hours), weekdays in sorted(
            grouped.items(), key=lambda item: (item[0][0], item[0][1] or date.max, item[1])
        )
    ]
