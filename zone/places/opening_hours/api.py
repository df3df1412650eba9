"""JSON API of the ordinary opening hours of a campus."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.campuses import queries as campuses_queries
from zone.places.opening_hours import queries
from zone.places.opening_hours.schemas import OpeningSchema
from zone.web.auth import may
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
