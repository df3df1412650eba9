"""The API by which the hours of a campus change: of a day, or of its ordinary week."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.booking.closures import service
from zone.booking.closures.queries import hit_values
from zone.booking.closures.rules import new_day, parse_day, week_change
from zone.booking.closures.schemas import DaySetSchema, HitsSchema, HoursSetSchema
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.places.opening_hours.errors import (
    DAY_ALREADY_SET,
    DAY_PAST,
    HOURS_ALREADY_SET,
    HOURS_INVALID,
)
from zone.places.opening_hours.rules import in_each_language
from zone.places.opening_hours.schemas import NewDaySchema, NewHoursSchema
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_closures", __name__, tag="places")
DAY_SET: Final = DaySetSchema()


@api.post("/campuses/<campus>/exceptions")
@api.arguments(NewDaySchema)
@api.response(201, DaySetSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, DAY_PAST, DAY_ALREADY_SET, HOURS_INVALID)
@idempotent
def set_day(data: dict[str, Any], campus: str) -> Response:
    """Close a campus on a day, or give it other hours; the answer names every session and booking
    that this hits.

    They stand unless `cancel` is true: then they are called off, and who booked gets a mail with
    the reason. Safe to repeat with an Idempotency-Key.
    """
    now, day = utc_now(), new_day(data)

    def work(session: Session) -> dict[str, Any]:
        affected = service.set_day(
            session,
            current_actor(),
            campus,
            day,
            cancel=data["cancel"],
            replace=data["replace"],
            now=now,
        )
        dumped: dict[str, Any] = DAY_SET.dump(
            {
                **data,
                "reasons": in_each_language(day.reason, day.reasons),
                "hits": [hit_values(item) for item in affected],
                "cancelled": data["cancel"],
            }
        )
        return dumped

    return idempotency_key.answer_once(201, work)


@api.delete("/campuses/<campus>/exceptions/<day>")
@api.response(200, HitsSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, DAY_PAST)
def drop_day(campus: str, day: str) -> dict[str, Any]:
    """Let the ordinary hours of a day hold again; the answer names every session and booking that
    stands outside of them.

    What was called off stays so.
    """
    now = utc_now()
    with writing() as session:
        affected = service.drop_day(session, current_actor(), campus, parse_day(day), now=now)
        return {"hits": [hit_values(item) for item in affected]}


@api.post("/campuses/<campus>/hours")
@api.arguments(NewHoursSchema)
@api.response(201, HoursSetSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, DAY_PAST, HOURS_INVALID, HOURS_ALREADY_SET)
def set_hours(new: dict[str, Any], campus: str) -> dict[str, Any]:
    """Set the ordinary hours of some weekdays from a day on. What they hit is not called off: close the days instead."""  # noqa: E501 -- the published summary
    now, change = utc_now(), week_change(new)
    with writing() as session:
        affected = service.change_week(session, current_actor(), campus, change, now=now)
        hits = [hit_values(item) for item in affected]
    hours = [{"opens": opens, "closes": closes} for opens, closes in change.openings]
    return {"week": [{"weekday": day, "hours": hours} for day in change.weekdays], "hits": hits}
