"""The API of marks: one's own, an appeal against one, and the decisions of staff."""

import uuid
from typing import Any, Final

from zone.booking.attendance_marks import queries, schemas, service
from zone.booking.attendance_marks.errors import APPEAL_DECIDED, MARK_APPEALED, MARK_NOT_COUNTING
from zone.booking.attendance_marks.views import AttendanceMarkView
from zone.booking.booking_bans.queries import banned_until
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.looks import note_look
from zone.web.refusals import refuses

api: Final = Blueprint("booking_attendance_marks", __name__, tag="booking")


@api.get("/me/marks")
@api.response(200, schemas.AttendanceMarksSchema)
@may(Permission.BOOKINGS_READ)
def my_marks() -> dict[str, Any]:
    """One's own marks for missed and late cancelled bookings, with what proves them."""
    member_id, now = current_actor().id, utc_now()
    with reading() as session:
        return {
            "marks": queries.marks(session, member_id, now),
            "banned_until": banned_until(session, member_id, now),
        }


@api.post("/me/marks/<uuid:mark>/appeal")
@api.arguments(schemas.AppealRequest)
@api.response(200, schemas.AttendanceMarkSchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(NOT_FOUND, MARK_APPEALED, MARK_NOT_COUNTING)
def appeal(data: dict[str, str], mark: uuid.UUID) -> AttendanceMarkView:
    """Appeal against a mark, once; the same text again changes nothing."""
    member_id, now = current_actor().id, utc_now()
    text = schemas.clean(data, "text")
    with writing() as session:
        service.appeal(session, member_id=member_id, mark=mark, text=text, now=now)
        return queries.mark_view(session, mark, now, member_id=member_id)


@api.get("/appeals")
@api.response(200, schemas.AppealsSchema)
@may(Permission.DESK_USE)
def open_appeals() -> dict[str, Any]:
    """The appeals that wait for a decision, with what proves each mark. That they were read is on
    record.
    """
    note_look("appeals.view", "appeals")
    with reading() as session:
        return {"appeals": queries.open_appeals(session, utc_now())}


@api.post("/appeals/<uuid:mark>/decision")
@api.arguments(schemas.AppealDecisionRequest)
@api.response(200, schemas.AttendanceMarkSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, APPEAL_DECIDED, MARK_NOT_COUNTING)
def decide_appeal(data: dict[str, str], mark: uuid.UUID) -> AttendanceMarkView:
    """Decide an appeal: the mark is lifted, with the pause that it caused, or stays. Its person
    gets a mail with the reason.
    """
    now = utc_now()
    with writing() as session:
        service.decide(
            session,
            current_actor(),
            mark,
            lift=data["outcome"] == "lifted",
            reason=schemas.clean(data, "reason"),
            now=now,
        )
        return queries.mark_view(session, mark, now)
