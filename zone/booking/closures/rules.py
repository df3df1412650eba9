"""A day that is closed or gets other hours, and a change of the ordinary week. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from zone.core import time
from zone.core.errors import NOT_FOUND, DomainError
from zone.places.opening_hours.errors import HOURS_INVALID
from zone.places.opening_hours.rules import DayHours, WeekChange


@dataclass(frozen=True, slots=True)
class NewDay:
    """The hours that a day gets, None: closed.

    Mails give the reason to those whose session is cancelled; `reasons` say it by language.
    `until`: all days up to this one get them too.
    """

    day: date
    hours: DayHours | None
    reason: str
    reasons: Mapping[str, str] = field(default_factory=dict)
    until: date | None = None

    @property
    def days(self) -> list["NewDay"]:
        """Each of its days by itself."""
        count = ((self.until or self.day) - self.day).days + 1
        return [
            replace(self, day=self.day + timedelta(days=number), until=None)
            for number in range(count)
        ]


def new_day(data: dict[str, Any]) -> NewDay:
    """Return the day of the data of `DaySchema`.

    Raises:
        DomainError: hours_invalid: only one of the times, or twice the same. Closing at an earlier
            time than opening is closing on the next day.
    """
    opens, closes = data["opens"], data["closes"]
    if (opens is None) != (closes is None) or (opens and opens == closes):
        raise DomainError(HOURS_INVALID)
    hours = (opens, closes) if opens and closes else None
    reasons = {code: text for code, text in data.get("reasons", {}).items() if text}
    return NewDay(data["day"], hours, data["reason"], reasons, data["until"])


def week_change(data: dict[str, Any]) -> WeekChange:
    """Return the change of the ordinary hours of the data of `NewHoursSchema`.

    Raises:
        DomainError: hours_invalid: it opens and closes at the same time.
    """
    opens, closes, second = data["opens"], data["closes"], data["also"]
    also = None if second is None else (second["opens"], second["closes"])
    if (opens is not None and opens == closes) or (also is not None and also[0] == also[1]):
        raise DomainError(HOURS_INVALID)
    return WeekChange(
        weekdays=sorted(set(data["weekdays"])),
        hours=None if opens is None else (opens, closes),
        valid_from=data["valid_from"],
        valid_until=data["valid_until"],
        replaces=data["replace"],
        also=also,
    )


def parse_day(day: str) -> date:
    """Return the day that an address names.

    Raises:
        DomainError: not_found: there is no such day.
    """
    try:
        return time.parse_day(day)
    except ValueError as error:
        raise DomainError(NOT_FOUND) from error
