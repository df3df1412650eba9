"""Bookings that were not used, as the job that knows the doors reports them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.attendance_marks.rules import DoorHeard, Evidence, SeatDemand, evidence_text
from zone.booking.booking_bans.models import BookingBan
from zone.booking.bookings.models import Booking
from zone.booking.no_shows import service as no_shows
from zone.core.ids import new_public_id


def mark_no_shows(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these bookings were not used, by a door that was heard all the time."""
    query = select(Booking.session_id).where(Booking.id.in_(booking_ids))
    heard = [DoorHeard("Studio: Studio door", now)]
    return no_shows.mark_no_shows(
        session, booking_ids, now, dict.fromkeys(session.scalars(query), heard)
    )


def a_mark(booking: Booking, allocation: Allocation) -> AttendanceMark:
    """Return the row of a mark for a booking that was not used, of a class with one place."""
    heard = DoorHeard("Studio: Studio door", allocation.ends_at)
    return AttendanceMark(
        public_id=new_public_id(),
        kind="no_show",
        booking_id=booking.id,
        member_id=booking.member_id,
        on_day=allocation.on_day,
        occurred_at=allocation.ends_at,
        recorded_at=allocation.ends_at,
        evidence=evidence_text(Evidence(SeatDemand(1, 1), (heard,))),
        state="counting",
    )


def a_ban(mark: AttendanceMark) -> BookingBan:
    """Return the row of a ban that a mark began."""
    return BookingBan(
        public_id=new_public_id(),
        member_id=mark.member_id,
        on_day=mark.on_day,
        starts_at=mark.occurred_at,
        ends_at=mark.occurred_at + timedelta(days=14),
        recorded_at=mark.recorded_at,
        state="in_force",
    )


def a_marked_booking(session: Session, state: str = "no_show") -> AttendanceMark:
    """Store a mark for the newest booking, as if nobody had used it; it has no history yet."""
    booking = session.scalars(select(Booking).order_by(Booking.id.desc()).limit(1)).one()
    booking.state = state
    mark = a_mark(booking, session.get_one(Allocation, booking.session_id))
    session.add(mark)
    session.flush()
    return mark
