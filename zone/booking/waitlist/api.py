"""The API of the queue for a full session."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.booking.bookings.errors import (
    ALREADY_BOOKED,
    BOOKING_NOT_OPEN,
    BOOKING_SUSPENDED,
    OVERLAPPING_BOOKING,
    PERSON_SUSPENDED,
    PLACES_ARE_DRAWN,
    RIGHT_MISSING,
)
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions.errors import SESSION_CANCELLED, SESSION_ENDED
from zone.booking.sessions.views import SessionView
from zone.booking.waitlist import queries, service
from zone.booking.waitlist.errors import (
    ALREADY_QUEUED,
    QUEUE_CLOSED,
    QUEUE_PLACE_PROMOTED,
    SESSION_NOT_FULL,
    TOO_MANY_QUEUES,
)
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.schemas import QueueEntrySchema, QueueSchema
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web import idempotency_key
from zone.web.auth import current_actor, may, reader_is_staff
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_waitlist", __name__, tag="queue")
ENTRY: Final = QueueEntrySchema()


@api.post("/sessions/<uuid:class_session>/queue")
@api.response(201, QueueEntrySchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(
    NOT_FOUND,
    SESSION_CANCELLED,
    SESSION_ENDED,
    BOOKING_NOT_OPEN,
    ALREADY_BOOKED,
    PLACES_ARE_DRAWN,
    *RIGHT_MISSING,
    PERSON_SUSPENDED,
    BOOKING_SUSPENDED,
    OVERLAPPING_BOOKING,
    QUEUE_CLOSED,
    ALREADY_QUEUED,
    TOO_MANY_QUEUES,
    SESSION_NOT_FULL,
)
@idempotent
def join(class_session: uuid.UUID) -> Response:
    """Wait for a place in a full session; safe to repeat with an Idempotency-Key.

    A place that comes free is booked for the first in the queue at once, and a mail says so; late
    or at night it is offered, see `accept`.
    """
    member_id, now = current_actor().id, utc_now()

    def work(session: Session) -> dict[str, Any]:
        entry = service.join(
            session,
            member_id=member_id,
            class_session=class_session,
            now=now,
            sees_hidden=reader_is_staff(),
        )
        view = sessions_queries.session_view(session, class_session, member_id=member_id)
        dumped: dict[str, Any] = ENTRY.dump(_shown(entry, view))
        return dumped

    return idempotency_key.answer_once(201, work)


def _shown(entry: QueueEntry, view: SessionView) -> dict[str, Any]:
    return {
        "id": entry.public_id,
        "state": entry.state,
        "place": view.queue_place,
        "offered_until": entry.offered_until,
        "session": view,
    }


@api.delete("/queue/<uuid:entry>")
@api.response(200, QueueEntrySchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(NOT_FOUND, QUEUE_PLACE_PROMOTED)
def leave(entry: uuid.UUID) -> dict[str, Any]:
    """Give one's place in the queue up; repeating it changes nothing."""
    member_id, now = current_actor().id, utc_now()
    with writing() as session:
        ended = service.leave(session, member_id=member_id, entry=entry, now=now)
        return _shown(
            ended,
            sessions_queries.session_view_by_id(session, ended.session_id, member_id=member_id),
        )


@api.get("/me/queue")
@api.response(200, QueueSchema)
@may(Permission.BOOKINGS_READ)
def my_queue() -> dict[str, Any]:
    """The sessions for which one waits, by start."""
    with reading() as session:
        views = queries.queue_places(session, current_actor().id)
    return {
        "queue": [
            {
                "id": view.queue_entry,
                "state": "waiting" if view.offered_until is None else "offered",
                "place": view.queue_place,
                "offered_until": view.offered_until,
                "session": view,
            }
            for view in views
        ]
    }
