"""A day that is closed or gets other hours. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from zone.core import time
from zone.core.errors import NOT_FOUND, DomainError
from zone.places.opening_hours.errors import HOURS_INVALID
from zone.places.opening_hours.rules import DayHours


@dataclass(frozen=True, slots=True)
class NewDay:
    """The hours that a day gets, None: closed.

    Mails give the reason to those whose session is cancelled.
    """

    day: date
    hours: DayHours | None
    reason: str


def new_day(data: dict[str, Any]) -> NewDay:
    """Return the day of the data of `DaySchema`.

    Raises:
        DomainError: hours_invalid: only one of the times, or twice the same. Closing at an earlier
            time than opening is closing on the next day.
    """
    opens, closes = data["opens"], data["closes"]
    if (opens is None) != (closes is None) or (opens and opens == closes):
        raise DomainError(HOURS_INVALID)
    return NewDay(data["day"], (opens, closes) if opens and closes else None, data["reason"])


def parse_day(day: str) -> date:
    """Return the day that an address names.

    Raises:
        DomainError: not_found: there is no such day.
    """
    try:
        return time.parse_day(day)
    except ValueError as error:
        raise DomainError(NOT_FOUND) from error
