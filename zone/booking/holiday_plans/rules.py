"""How a public holiday is planned: closed, with other hours, or with the ordinary ones. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final

from zone.booking.closures.rules import NewDay
from zone.core.errors import NOT_FOUND, DomainError
from zone.places.holidays.rules import Holiday, holiday_on
from zone.places.opening_hours.errors import HOURS_INVALID

PLANS: Final = ("closed", "normal", "hours")


@dataclass(frozen=True, slots=True)
class HolidayPlan:
    """A holiday with the hours that it gets; None: its ordinary hours hold."""

    holiday: Holiday
    new: NewDay | None


def plan_of(day: date, data: dict[str, Any]) -> HolidayPlan:
    """Return the plan of a holiday from the data of `HolidayPlanRequest`.

    Without a reason the name of the holiday is the reason, by language.

    Raises:
        DomainError: not_found: the day is no public holiday; hours_invalid: times are missing, or
            there are some although it is closed or as usual.
    """
    holiday = holiday_on(day)
    if holiday is None:
        raise DomainError(NOT_FOUND)
    opens: time | None = data["opens"]
    closes: time | None = data["closes"]
    if data["plan"] == "hours":
        if opens is None or closes is None or opens == closes:
            raise DomainError(HOURS_INVALID)
        return HolidayPlan(holiday, _new_day(holiday, (opens, closes), data))
    if opens is not None or closes is not None:
        raise DomainError(HOURS_INVALID)
    return HolidayPlan(holiday, None if data["plan"] == "normal" else _new_day(holiday, None, data))


def plans_of(days: Sequence[date], data: dict[str, Any]) -> list[HolidayPlan]:
    """Return the plans of those holidays that the data of `HolidaysForm` decides about.

    Raises:
        DomainError: as `plan_of`.
    """
    chosen = [(day, choice) for day in days if (choice := choice_of(day, data))["plan"]]
    return [plan_of(day, choice) for day, choice in chosen]


def choice_of(day: date, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form of several holidays says about one of them; its name is the reason."""
    return {part: data.get(f"{part}-{day}") for part in ("plan", "opens", "closes", "reason")}


def _new_day(holiday: Holiday, hours: tuple[time, time] | None, data: dict[str, Any]) -> NewDay:
    given = {code: text for code, text in data.get("reasons", {}).items() if text}
    reason = data["reason"]
    if reason is None:
        return NewDay(holiday.day, hours, holiday.reason, dict(holiday.names) | given)
    return NewDay(holiday.day, hours, reason, given)
