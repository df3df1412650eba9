"""Bookings that were not used, as the job that knows the doors reports them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.attendance_marks.rules import DoorHeard, Evidence, SeatDemand, evidence_text
from zone.booking.bookings.models import Booking
from zone.booking.no_shows import service as no_shows
from zone.booking.sessions.models import ClassSession
from zone.core.ids import new_public_id


def mark_no_shows(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these bookings were not used, by a door that was heard all the time."""
    query = select(Booking.session_id).where(Booking.id.in_(booking_ids))
    heard = [DoorHeard("Studio: Studio door", now)]
    return no_shows.mark_no_shows(
        session, booking_ids, now, dict.fromkeys(session.scalars(query), heard)
    )


def a_mark(booking: Booking, class_session: ClassSession) -> AttendanceMark:
    """Return the row of a mark for a booking that was not used, of a class with one place."""
    heard = DoorHeard("Studio: Studio door", class_session.ends_at)
    return AttendanceMark(
        public_id=new_public_id(),
        kind="no_show",
        booking_id=booking.id,
        member_id=booking.member_id,
        on_day=class_session.on_day,
        occurred_at=class_session.ends_at,
        recorded_at=class_session.ends_at,
        evidence=evidence_text(Evidence(SeatDemand(1, 1), (heard,))),
        state="counting",
    )
