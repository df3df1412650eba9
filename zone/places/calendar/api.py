"""JSON API of the calendar, for who plans."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.places.calendar import queries
from zone.places.calendar.rules import CalendarEntry
from zone.places.calendar.schemas import CalendarQuery, CalendarSchema
from zone.places.campuses.queries import campus_by_code
from zone.web.auth import may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("places_calendar", __name__, tag="planning")


@api.get("/calendar")
@api.arguments(CalendarQuery, location="query")
@api.response(200, CalendarSchema)
@may(Permission.PLANNING_READ)
@refuses(NOT_FOUND)
def show_calendar(asked: dict[str, Any]) -> dict[str, Any]:
    """Breaks, public holidays and days with other hours between two days, at a campus."""
    with reading() as session:
        campus = campus_by_code(session, asked["campus"]).id if asked["campus"] else None
        found = queries.calendar(session, campus, asked["first"], asked["last"], utc_now())
    return {"calendar": [_json(entry) for entry in found], "next": None}


def _json(entry: CalendarEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "first": entry.first,
        "last": entry.last,
        "names": entry.names,
        "state": entry.state,
        "hours": [{"opens": opens, "closes": closes} for opens, closes in entry.hours],
    }
