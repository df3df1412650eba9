"""The API of moving single sessions, for those who plan them."""

import uuid
from typing import Any, Final

from zone.booking.affected_people.pages import note_sessions
from zone.booking.affected_people.service import move_as_asked
from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.moves.errors import MOVE_TOO_LATE
from zone.booking.moves.rules import MovedSession
from zone.booking.moves.schemas import MovedSessionSchema, MoveRequest
from zone.booking.reservations.errors import PLACE_CLOSED
from zone.booking.sessions.errors import CLASS_INVALID, SESSION_CANCELLED, SESSION_HELD
from zone.booking.single_sessions.errors import SESSION_IN_PAST
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("booking_moves", __name__, tag="planning")


@api.post("/sessions/<uuid:class_session>/move")
@api.arguments(MoveRequest)
@api.response(200, MovedSessionSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(
    NOT_FOUND,
    EDITED_MEANWHILE,
    SESSION_CANCELLED,
    SESSION_HELD,
    SESSION_IN_PAST,
    CLASS_INVALID,
    PLACE_CLOSED,
    SPACE_TAKEN,
    MOVE_TOO_LATE,
)
def move_session(data: dict[str, Any], class_session: uuid.UUID) -> MovedSession:
    """Move a session; it keeps its id.

    By an hour at most, or to another space of its campus, bookings and queue come along; further,
    those who booked have the first right to it for 48 hours. All are told once.

    A preview names the people, to whoever may see who comes.
    """
    actor, preview = current_actor(), data["preview"]
    with writing() as session:
        moved = move_as_asked(session, actor, class_session, data, utc_now(), preview=preview)
    note_sessions([moved])
    return moved
