"""The API by which a public holiday is planned."""

from typing import Any, Final

from zone.booking.closures.queries import hit_values
from zone.booking.closures.rules import parse_day
from zone.booking.holiday_plans import service
from zone.booking.holiday_plans.rules import plan_of
from zone.booking.holiday_plans.schemas import HolidayPlannedSchema, HolidayPlanRequest
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.places.holidays.queries import plan_values, planned_holidays
from zone.places.opening_hours.errors import DAY_ALREADY_SET, DAY_PAST, HOURS_INVALID
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("booking_holiday_plans", __name__, tag="planning")


@api.put("/campuses/<campus>/holidays/<day>")
@api.arguments(HolidayPlanRequest)
@api.response(200, HolidayPlannedSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, DAY_PAST, DAY_ALREADY_SET, HOURS_INVALID)
def plan_holiday(data: dict[str, Any], campus: str, day: str) -> dict[str, Any]:
    """Plan a public holiday at a campus; the answer names every session and booking that this hits.

    They stand unless `cancel` is true: then they are called off, and who booked gets a mail with
    the reason.
    """
    plan, now = plan_of(parse_day(day), data), utc_now()
    holiday = plan.holiday.day
    with writing() as session:
        affected = service.plan_holiday(
            session,
            current_actor(),
            [campus],
            plan,
            cancel=data["cancel"],
            replace=data["replace"],
            now=now,
        )
        (planned,) = planned_holidays(session, holiday, holiday)
        of_campus = next(one for one in planned.plans if one.campus.code == campus)
        answer = plan_values(of_campus) | {
            "day": holiday,
            "hits": [hit_values(item) for item in affected],
            "cancelled": data["cancel"] and plan.new is not None,
        }
        if data["preview"]:
            session.rollback()
        return answer
