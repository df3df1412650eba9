"""The API of the timetable and of single sessions."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, Final

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.reinstatements.service import reinstate_session
from zone.booking.reservations.errors import PLACE_CLOSED
from zone.booking.sessions import queries, service, views
from zone.booking.sessions.errors import (
    CAPACITY_BELOW_BOOKED,
    CLASS_INVALID,
    SESSION_CANCELLED,
    SESSION_HELD,
    SESSION_NOT_ENDED,
)
from zone.booking.sessions.schemas import (
    CancelRequest,
    CapacityRequest,
    CorrectionRequest,
    SessionSchema,
    SessionsSchema,
    SpanSchema,
)
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.core.time import Window, day_window, helsinki_date
from zone.web.auth import current_actor, may, reader_id, reader_is_staff
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("booking_sessions", __name__, tag="booking")
DAYS_SHOWN: Final = 7


@api.get("/sessions")
@api.arguments(SpanSchema, location="query")
@api.response(200, SessionsSchema)
@may(Permission.TIMETABLE_READ)
def sessions(data: dict[str, Any]) -> dict[str, Any]:
    """The public timetable: sessions that start on the days asked for, a week from today when none
    are.
    """
    window = _window(data["first"], data["last"], utc_now())
    with reading() as session:
        return {
            "sessions": queries.sessions(
                session,
                window,
                member_id=reader_id(),
                campus=data["campus"],
                sees_hidden=reader_is_staff(),
            )
        }


def _window(first: date | None, last: date | None, now: datetime) -> Window:
    first = first or (last or helsinki_date(now))
    return day_window(first)[0], day_window(last or first + timedelta(days=DAYS_SHOWN - 1))[1]


@api.post("/sessions/<uuid:class_session>/cancel")
@api.arguments(CancelRequest)
@api.response(200, SessionSchema)
@may(Permission.SESSIONS_CANCEL)
@refuses(NOT_FOUND, SESSION_CANCELLED, SESSION_HELD)
def cancel_session(data: dict[str, Any], class_session: uuid.UUID) -> views.SessionView:
    """Cancel a session and tell those who booked; an instructor only their own."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        service.cancel_session(session, actor, class_session, reason=data["reason"], now=now)
        return queries.session_view(session, class_session, sees_hidden=True)


@api.post("/sessions/<uuid:class_session>/correction")
@api.arguments(CorrectionRequest)
@api.response(200, SessionSchema)
@may(Permission.SESSIONS_CANCEL)
@refuses(NOT_FOUND, SESSION_NOT_ENDED, NOT_FOR_YOURSELF)
def correct_session(data: dict[str, Any], class_session: uuid.UUID) -> views.SessionView:
    """Record that a session of the past was held after all, or was not; an instructor only of
    their own. Figures as of an earlier time stay.
    """
    actor, now = current_actor(), utc_now()
    with writing() as session:
        service.correct_session(session, actor, class_session, **data, now=now)
        return queries.session_view(session, class_session, sees_hidden=True)


@api.post("/sessions/<uuid:class_session>/reinstate", tags=["planning"])
@api.arguments(CancelRequest)
@api.response(200, SessionSchema)
@may(Permission.SESSIONS_CANCEL)
@refuses(NOT_FOUND, SESSION_HELD, PLACE_CLOSED, SPACE_TAKEN)
def reinstate(data: dict[str, Any], class_session: uuid.UUID) -> views.SessionView:
    """Hold a cancelled session after all; an instructor only their own. Bookings do not come back,
    but those who had booked or waited are told. Repeating it changes nothing.
    """
    actor, now = current_actor(), utc_now()
    with writing() as session:
        reinstate_session(session, actor, class_session, reason=data["reason"], now=now)
        return queries.session_view(session, class_session, sees_hidden=True)


@api.put("/sessions/<uuid:class_session>/capacity", tags=["planning"])
@api.arguments(CapacityRequest)
@api.response(200, SessionSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(
    NOT_FOUND,
    EDITED_MEANWHILE,
    SESSION_CANCELLED,
    SESSION_HELD,
    CLASS_INVALID,
    CAPACITY_BELOW_BOOKED,
)
def change_capacity(data: dict[str, Any], class_session: uuid.UUID) -> views.SessionView:
    """Change how many places a session has; those that come free go to the queue."""
    with writing() as session:
        service.set_capacity(
            session,
            current_actor(),
            class_session,
            data["capacity"],
            version=data["version"],
            reason=data["reason"],
            now=utc_now(),
        )
        return queries.session_view(session, class_session, sees_hidden=True)
