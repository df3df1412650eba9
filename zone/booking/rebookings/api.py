"""The API of moving one's booking to another session."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings.errors import (
    ALREADY_BOOKED,
    BOOKING_CLOSED,
    BOOKING_NOT_OPEN,
    BOOKING_SUSPENDED,
    CANCEL_TOO_LATE,
    OVERLAPPING_BOOKING,
    PERSON_SUSPENDED,
    RIGHT_MISSING,
    SESSION_FULL,
    TOO_MANY_BOOKINGS,
)
from zone.booking.bookings.schemas import BookingSchema
from zone.booking.rebookings import service
from zone.booking.rebookings.errors import BOOKING_ENDED, OTHER_ACTIVITY
from zone.booking.rebookings.schemas import RebookRequest
from zone.booking.sessions.errors import SESSION_CANCELLED, SESSION_ENDED
from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_rebookings", __name__, tag="booking")
BOOKING: Final = BookingSchema()


@api.post("/bookings/<uuid:booking>/move")
@api.arguments(RebookRequest)
@api.response(201, BookingSchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(
    NOT_FOUND,
    OTHER_ACTIVITY,
    BOOKING_ENDED,
    CANCEL_TOO_LATE,
    SESSION_CANCELLED,
    SESSION_ENDED,
    ALREADY_BOOKED,
    BOOKING_CLOSED,
    BOOKING_NOT_OPEN,
    *RIGHT_MISSING,
    PERSON_SUSPENDED,
    BOOKING_SUSPENDED,
    OVERLAPPING_BOOKING,
    TOO_MANY_BOOKINGS,
    SESSION_FULL,
)
@idempotent
def move_booking(data: dict[str, Any], booking: uuid.UUID) -> Response:
    """Move one's booking to another session of the same activity, in one step: refused, the old
    booking stays. Repeating it returns the new booking.
    """
    member_id, now = current_actor().id, utc_now()

    def work(session: Session) -> dict[str, Any]:
        new = service.rebook(
            session, member_id=member_id, booking=booking, to=data["session"], now=now
        )
        view = bookings_queries.booking_view(session, member_id, new.public_id, now)
        dumped: dict[str, Any] = BOOKING.dump(view)
        return dumped

    return idempotency_key.answer_once(201, work)
