"""JSON API of attendance, for instructors and staff."""

import uuid

from zone.access.attendance import queries, schemas
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
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
        return queries.attendance_for(
            session,
            session_id,
            actor=current_actor(),
            named_since=utc_now() - current_settings().person_kept,
        )
