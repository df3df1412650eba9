"""JSON API of public holidays, and how each campus plans them."""

from datetime import date
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.holidays import queries
from zone.places.holidays.queries import PlannedHoliday, plan_values
from zone.places.holidays.schemas import HolidaysQuery, HolidaysSchema
from zone.web.auth import may
from zone.web.blueprint import Blueprint

api: Final = Blueprint("places_holidays", __name__, tag="planning")


@api.get("/holidays")
@api.arguments(HolidaysQuery, location="query")
@api.response(200, HolidaysSchema)
@may(Permission.PLANNING_READ)
def list_holidays(asked: dict[str, Any]) -> dict[str, Any]:
    """The public holidays of a year in Finland, with the plan of each campus."""
    year = asked["year"] or helsinki_date(utc_now()).year
    with reading() as session:
        found = queries.planned_holidays(session, date(year, 1, 1), date(year, 12, 31))
        return {"holidays": [_json(planned) for planned in found], "next": None}


def _json(planned: PlannedHoliday) -> dict[str, Any]:
    return {
        "day": planned.holiday.day,
        "name": planned.holiday.names,
        "eve": planned.holiday.is_eve,
        "plans": [plan_values(plan) for plan in planned.plans],
    }
