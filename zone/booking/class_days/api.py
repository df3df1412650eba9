"""The API of the days of a weekly class, for those who plan them."""

import uuid
from typing import Any, Final

from zone.booking.activities.rules import STAFF_KINDS
from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.class_days import queries, service
from zone.booking.class_days.errors import NOT_A_DAY_OF_IT
from zone.booking.class_days.schemas import DayReasonRequest, DaysOfClassSchema
from zone.booking.closures.rules import parse_day
from zone.booking.reservations.errors import PLACE_CLOSED
from zone.booking.sessions.errors import SESSION_HELD
from zone.booking.weekly_classes.service import class_by_id
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.web.auth import current_actor, may, reader_is_staff
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("booking_class_days", __name__, tag="planning")


@api.get("/classes/<uuid:class_id>/days")
@api.response(200, DaysOfClassSchema)
@may(Permission.PLANNING_READ)
@refuses(NOT_FOUND)
def days_of_class(class_id: uuid.UUID) -> dict[str, Any]:
    """The days of a class to come, also those that are left out."""
    with reading() as session:
        rule = class_by_id(session, class_id)
        plans = reader_is_staff() or current_actor().may(Permission.TIMETABLE_WRITE)
        if rule.kind in STAFF_KINDS and not plans:
            raise DomainError(NOT_FOUND)
        return {"days": queries.days_of_class(session, rule, utc_now())}


@api.put("/classes/<uuid:class_id>/skipped-days/<day>")
@api.arguments(DayReasonRequest)
@api.response(200, DaysOfClassSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, NOT_A_DAY_OF_IT, SESSION_HELD)
def skip_day(data: dict[str, Any], class_id: uuid.UUID, day: str) -> dict[str, Any]:
    """Leave a day out of a class; its session is cancelled, and those who booked or wait are
    told.
    """
    now = utc_now()
    with writing() as session:
        rule = service.skip_day(
            session, current_actor(), class_id, parse_day(day), reason=data["reason"], now=now
        )
        return {"days": queries.days_of_class(session, rule, now)}


@api.post("/classes/<uuid:class_id>/skipped-days/<day>/put-back")
@api.arguments(DayReasonRequest)
@api.response(200, DaysOfClassSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, NOT_A_DAY_OF_IT, SESSION_HELD, PLACE_CLOSED, SPACE_TAKEN)
def put_day_back(data: dict[str, Any], class_id: uuid.UUID, day: str) -> dict[str, Any]:
    """Hold a class after all on a day that was left out; its session keeps its id, and those who
    had booked or waited are told.
    """
    now = utc_now()
    with writing() as session:
        rule = service.put_day_back(
            session, current_actor(), class_id, parse_day(day), reason=data["reason"], now=now
        )
        return {"days": queries.days_of_class(session, rule, now)}
