"""The API of offered places."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings.errors import (
    ALREADY_BOOKED,
    BOOKING_SUSPENDED,
    OVERLAPPING_BOOKING,
    PERSON_SUSPENDED,
    RIGHT_MISSING,
    TOO_MANY_BOOKINGS,
)
from zone.booking.bookings.schemas import BookingSchema
from zone.booking.offers import queries, service
from zone.booking.offers.errors import OFFER_ENDED
from zone.booking.offers.schemas import QueueHistorySchema
from zone.booking.sessions.errors import SESSION_CANCELLED, SESSION_ENDED
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_offers", __name__, tag="queue")
BOOKING: Final = BookingSchema()


@api.post("/queue/<uuid:entry>/accept")
@api.response(201, BookingSchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(
    NOT_FOUND,
    OFFER_ENDED,
    SESSION_CANCELLED,
    SESSION_ENDED,
    ALREADY_BOOKED,
    *RIGHT_MISSING,
    PERSON_SUSPENDED,
    BOOKING_SUSPENDED,
    TOO_MANY_BOOKINGS,
    OVERLAPPING_BOOKING,
)
@idempotent
def accept(entry: uuid.UUID) -> Response:
    """Book the place that is kept for oneself; repeating it returns the same booking."""
    member_id, now = current_actor().id, utc_now()

    def work(session: Session) -> dict[str, Any]:
        booking = service.accept(session, entry, now, member_id=member_id)
        view = bookings_queries.booking_view(session, member_id, booking.public_id, now)
        dumped: dict[str, Any] = BOOKING.dump(view)
        return dumped

    return idempotency_key.answer_once(201, work)


@api.post("/queue/<uuid:entry>/decline")
@api.response(204)
@may(Permission.BOOKINGS_WRITE)
@refuses(NOT_FOUND, OFFER_ENDED)
def decline(entry: uuid.UUID) -> None:
    """Give the place that is kept for oneself to the next person; repeating it changes nothing."""
    member_id, now = current_actor().id, utc_now()
    with writing() as session:
        service.decline(session, entry, now, member_id=member_id)


@api.get("/queue/<uuid:entry>/explain")
@api.response(200, QueueHistorySchema)
@may(Permission.BOOKINGS_READ)
@refuses(NOT_FOUND)
def explain(entry: uuid.UUID) -> dict[str, Any]:
    """Everything that happened to one's own place in a queue."""
    with reading() as session:
        return {"steps": queries.steps_of(session, current_actor().id, entry)}
