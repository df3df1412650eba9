"""The API of whom the cancellation of a session would concern, for those who may cancel it."""

import uuid
from typing import Final

from zone.booking.affected_people import service
from zone.booking.affected_people.pages import note_sessions
from zone.booking.affected_people.rules import CancelledSession
from zone.booking.affected_people.schemas import CancelledSessionSchema
from zone.booking.sessions.errors import SESSION_CANCELLED, SESSION_HELD
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("booking_affected_people", __name__, tag="planning")


@api.get("/sessions/<uuid:class_session>/cancellation")
@api.response(200, CancelledSessionSchema)
@may(Permission.CANCELLATIONS_PREVIEW)
@refuses(NOT_FOUND, SESSION_CANCELLED, SESSION_HELD)
def preview_cancellation(class_session: uuid.UUID) -> CancelledSession:
    """Whom the cancellation of a session would concern, before it is cancelled; an instructor only
    of their own.
    """
    with reading() as session:
        found = service.preview_cancellation(session, current_actor(), class_session, utc_now())
    note_sessions([found])
    return found
