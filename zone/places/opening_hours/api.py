"""JSON API of the ordinary opening hours of a campus."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.campuses import queries as campuses_queries
from zone.places.opening_hours import queries, service
from zone.places.opening_hours.errors import DAY_PAST, HOURS_ALREADY_SET, HOURS_INVALID
from zone.places.opening_hours.schemas import NewHoursSchema, OpeningSchema, WeekdaysSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("places_opening_hours", __name__, tag="places")


@api.get("/campuses/<campus>/hours")
@api.response(200, OpeningSchema)
@may(Permission.TIMETABLE_READ)
@refuses(NOT_FOUND)
def hours(campus: str) -> dict[str, Any]:
    """The ordinary week of a campus as it is now, and the days to come with other hours."""
    today = helsinki_date(utc_now())
    with reading() as session:
        campus_id = campuses_queries.campus_by_code(session, campus).id
        week = queries.week_on(session, campus_id, today)
        return {
            "week": [
                {"weekday": weekday, "hours": [{"opens": a, "closes": b} for a, b in openings]}
                for weekday, openings in week
            ],
            "exceptions": queries.exceptions_from(session, campus_id, today),
            "next": None,
        }


@api.post("/campuses/<campus>/hours")
@api.arguments(NewHoursSchema)
@api.response(201, WeekdaysSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, DAY_PAST, HOURS_INVALID, HOURS_ALREADY_SET)
def set_hours(new: dict[str, Any], campus: str) -> dict[str, Any]:
    """Set the ordinary hours of some weekdays from a day on. What they hit is not called off: close the days instead."""  # noqa: E501 -- the published summary
    with writing() as session:
        row = campuses_queries.campus_by_code(session, campus)
        service.change_hours(session, current_actor(), row, **new, now=utc_now())
    hours = {"opens": new["opens"], "closes": new["closes"]}
    return {
        "week": [{"weekday": weekday, "hours": [hours]} for weekday in sorted(set(new["weekdays"]))]
    }
