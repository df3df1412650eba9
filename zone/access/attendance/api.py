"""JSON API of attendance, for instructors and staff."""

import uuid

from zone.access.attendance import queries, schemas, service
from zone.access.attendance.errors import ATTENDANCE_TOO_EARLY
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.looks import note_look
from zone.web.refusals import refuses

api = Blueprint("access_attendance", __name__, tag="access")


@api.get("/sessions/<uuid:session_id>/attendance")
@api.response(200, schemas.AttendanceSchema)
@may(Permission.ATTENDANCE_READ)
@refuses(NOT_FOUND)
def show_attendance(session_id: uuid.UUID) -> queries.AttendanceList:
    """Who booked a session, who came, and who dropped in, as the doors saw it; an instructor only
    of their own. After the retention time of door events there are counts only.
    """
    with reading() as session:
        listed = queries.attendance_for(
            session,
            session_id,
            actor=current_actor(),
            named_since=utc_now() - current_settings().person_kept,
        )
    note_look("attendance.view", "session", session_id)
    return listed


@api.put("/sessions/<uuid:session_id>/attendance/<uuid:person>")
@api.response(200, schemas.AttendanceSchema)
@may(Permission.ATTENDANCE_WRITE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, ATTENDANCE_TOO_EARLY)
def see_person(session_id: uuid.UUID, person: uuid.UUID) -> queries.AttendanceList:
    """Record that a person who had booked was there, whatever the doors saw; an instructor only of
    their own sessions. Doing it again changes nothing.
    """
    with writing() as session:
        service.record_sighting(session, current_actor(), session_id, person, now=utc_now())
        return queries.attendance(session, session_id)
