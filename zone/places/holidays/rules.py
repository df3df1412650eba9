"""The public holidays of Finland, and how a campus plans one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

from holidays import country_holidays

from zone.core.time import iso_week
from zone.places.opening_hours.rules import DayHours

LOCALES: Final = {"fi": "fi", "sv": "sv_FI", "en": "en_US"}
"""How the library calls our languages."""
EVES: Final = frozenset({"Jouluaatto", "Juhannusaatto"})
"""Free days by custom and by the collective agreements, not by law: most places are closed."""
PLAN_AHEAD: Final = timedelta(weeks=6)
"""A holiday that nobody has planned is pointed out so long before: its week can be booked soon."""

PlanState = Literal["closed", "hours", "normal", "shut", "unplanned"]
"""How a holiday is planned: closed, with other hours, with the ordinary ones; `shut`: the ordinary
week has no hours then, so there is nothing to plan; or nobody has decided."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday, with its name by language; an `eve` is one by custom only."""

    day: date
    names: Mapping[str, str]
    is_eve: bool

    @property
    def reason(self) -> str:
        """Its names in one text, for a reader whose language is not known."""
        return " / ".join(self.names.values())


@lru_cache(maxsize=200)
def holidays_of(year: int) -> tuple[Holiday, ...]:
    """Return the public holidays of a year and both eves, in order."""
    by_language = {
        language: country_holidays("FI", years=year, language=locale)
        for language, locale in LOCALES.items()
    }
    return tuple(
        Holiday(
            day,
            MappingProxyType({language: by_language[language][day] for language in LOCALES}),
            by_language["fi"][day] in EVES,
        )
        for day in sorted(by_language["fi"])
    )


def holidays_between(first: date, last: date) -> list[Holiday]:
    """Return the public holidays from one day to another, both included, in order."""
    return [
        holiday
        for year in range(first.year, last.year + 1)
        for holiday in holidays_of(year)
        if first <= holiday.day <= last
    ]


def holidays_by_week(first: date, last: date) -> dict[tuple[int, int], list[Holiday]]:
    """Return (ISO year, ISO week) → its holidays between two days, both included."""
    weeks: dict[tuple[int, int], list[Holiday]] = {}
    for holiday in holidays_between(first, last):
        weeks.setdefault(iso_week(holiday.day), []).append(holiday)
    return weeks


def holiday_on(day: date) -> Holiday | None:
    """Return the public holiday of a day; None where it is none."""
    return next(iter(holidays_between(day, day)), None)


def state_of(
    *, exception: bool, hours: DayHours | None, ordinary: bool, decided: bool
) -> PlanState:
    """Return how a campus plans a holiday.

    `exception`: it has `hours` of its own that day, None: closed. `ordinary`: its ordinary week has
    hours then. `decided`: that they hold is planned.
    """
    if exception:
        return "hours" if hours else "closed"
    if not ordinary:
        return "shut"
    return "normal" if decided else "unplanned"
