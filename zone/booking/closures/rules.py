"""A day with other hours, as it was asked for. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from zone.core.errors import NOT_FOUND, DomainError
from zone.places.opening_hours.errors import HOURS_INVALID
from zone.places.opening_hours.rules import DayHours


@dataclass(frozen=True, slots=True)
class NewDay:
    """Which hours a day of a campus gets; without `hours` it is closed. The reason is told to those it hits."""

    day: date
    hours: DayHours | None
    reason: str


def new_day(new: dict[str, Any]) -> NewDay:
    """What was asked for a day.

    Raises:
        DomainError: hours_invalid: only one of the times, or closing before opening.
    """
    opens, closes = new["opens"], new["closes"]
    if (opens is None) != (closes is None) or (opens and closes and opens >= closes):
        raise DomainError(HOURS_INVALID)
    return NewDay(new["day"], (opens, closes) if opens and closes else None, new["reason"])


def readable(day: str) -> date:
    """A day as an address writes it.

    Raises:
        DomainError: not_found: there is no such day.
    """
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise DomainError(NOT_FOUND) from error
