"""JSON API of how many are at a session now."""

import uuid
from typing import Any

from flask import g

from zone.access.live_counts import queries, schemas
from zone.booking.sessions.queries import session_view
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web.auth import may, reader_id, reader_is_staff
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("access_live_counts", __name__, tag="access")


@api.get("/sessions/<uuid:session_id>/live")
@api.response(200, schemas.LiveCountSchema)
@may(Permission.TIMETABLE_READ)
@refuses(NOT_FOUND)
def show_live(session_id: uuid.UUID) -> dict[str, Any]:
    """How many are at a session now, by its doors: whether there are places for those who
    come without booking; for its instructor and for staff also the numbers.
    """
    with reading() as session:
        session_view(session, session_id, member_id=reader_id(), sees_hidden=reader_is_staff())
        read = queries.live_count_for(session, session_id, g.actor, utc_now())
    count, shown = read.count, read.exact and read.count.is_known
    numbers = ("places", "booked", "present", "drop_in", "free")
    return {
        "session": session_id,
        "status": count.status,
        "counted_at": count.counted_at,
        "lost_at": count.lost_at,
        "room": count.room,
        **{name: getattr(count, name) if shown else None for name in numbers},
    }
