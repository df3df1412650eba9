"""The API of sessions that are no weekly classes, for those who plan them."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.reservations.errors import PLACE_CLOSED
from zone.booking.sessions import queries
from zone.booking.sessions.errors import CLASS_INVALID
from zone.booking.sessions.schemas import SessionSchema
from zone.booking.single_sessions import service
from zone.booking.single_sessions.errors import SESSION_IN_PAST
from zone.booking.single_sessions.schemas import NewSessionRequest, span_from
from zone.booking.weekly_classes.errors import NOT_AN_INSTRUCTOR
from zone.booking.weekly_classes.queries import details_from
from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_single_sessions", __name__, tag="planning")
SESSION: Final = SessionSchema()


@api.post("/sessions")
@api.arguments(NewSessionRequest)
@api.response(201, SessionSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, SESSION_IN_PAST, CLASS_INVALID, NOT_AN_INSTRUCTOR, PLACE_CLOSED, SPACE_TAKEN)
@idempotent
def create_session(data: dict[str, Any]) -> Response:
    """A session on one day, which holds its space; for what is held every week, make a class.

    Safe to repeat with an Idempotency-Key.
    """
    now = utc_now()

    def work(session: Session) -> dict[str, Any]:
        row = service.add_session(
            session, current_actor(), details_from(session, data), span_from(data), now=now
        )
        dumped: dict[str, Any] = SESSION.dump(
            queries.session_view(session, row.public_id, sees_hidden=True)
        )
        return dumped

    return idempotency_key.answer_once(201, work)
