"""Read how campuses plan public holidays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.time import helsinki_date
from zone.places.campuses.queries import campuses
from zone.places.holidays.models import NormalHoliday
from zone.places.holidays.rules import (
    PLAN_AHEAD,
    Holiday,
    PlanState,
    holidays_between,
    state_of,
)
from zone.places.opening_hours.queries import CampusHours, hours_by_campus
from zone.places.opening_hours.rules import DayHours, hours_on


@dataclass(frozen=True, slots=True)
class PlannedCampus:
    """A campus by its id, its code and its name."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class CampusPlan:
    """How a campus plans a holiday; `hours` are those that it has then, None: closed.

    `reasons` says why it has other hours, by language.
    """

    campus: PlannedCampus
    state: PlanState
    hours: Sequence[DayHours]
    reasons: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class PlannedHoliday:
    """A public holiday with the plan of each campus, by name."""

    holiday: Holiday
    plans: Sequence[CampusPlan]

    @property
    def unplanned(self) -> Sequence[PlannedCampus]:
        """The campuses at which nobody has decided."""
        return [plan.campus for plan in self.plans if plan.state == "unplanned"]


def planned_holidays(session: Session, first: date, last: date) -> list[PlannedHoliday]:
    """Return the holidays from one day to another, both included, with every campus's plan."""
    found = holidays_between(first, last)
    if not found:
        return []
    hours = hours_by_campus(session, first, last)
    rows = session.execute(
        select(NormalHoliday.campus_id, NormalHoliday.day).where(
            NormalHoliday.day.between(first, last)
        )
    )
    normal = {(campus_id, day) for campus_id, day in rows}
    everywhere = [PlannedCampus(one.id, one.code, one.name) for one in campuses(session)]
    return [
        PlannedHoliday(
            holiday,
            [
                _plan(
                    campus,
                    hours.get(campus.id, CampusHours()),
                    holiday.day,
                    decided=(campus.id, holiday.day) in normal,
                )
                for campus in everywhere
            ],
        )
        for holiday in found
    ]


def _plan(campus: PlannedCampus, hours: CampusHours, day: date, *, decided: bool) -> CampusPlan:
    exception = day in hours.exceptions
    state = state_of(
        exception=exception,
        hours=hours.exceptions.get(day),
        ordinary=bool(hours_on(day, hours.week, {})),
        decided=decided,
    )
    return CampusPlan(
        campus, state, hours_on(day, hours.week, hours.exceptions), hours.reasons.get(day)
    )


def unplanned_holidays(
    session: Session, today: date, ahead: timedelta = PLAN_AHEAD
) -> list[PlannedHoliday]:
    """Return the holidays so far ahead that nobody has planned at some campus."""
    coming = planned_holidays(session, today, today + ahead)
    return [planned for planned in coming if planned.unplanned]


def count_unplanned(session: Session, now: datetime) -> int:
    """Return how many holidays of the next weeks nobody has planned at some campus."""
    return len(unplanned_holidays(session, helsinki_date(now)))


def plan_values(plan: CampusPlan) -> dict[str, Any]:
    """Return how a campus plans a holiday, in the shape of CampusPlanSchema."""
    return {
        "campus": plan.campus.code,
        "state": plan.state,
        "hours": [{"opens": opens, "closes": closes} for opens, closes in plan.hours],
        "reasons": plan.reasons,
    }
