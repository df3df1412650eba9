"""What must hold of attendance, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from zone.access.attendance.models import Attendance, Sighting
from zone.booking.bookings.models import Booking
from zone.core.invariants import Invariant, count_rows


def count_marked_though_seen(session: Session, _named_since: datetime) -> int:
    """Count the no-shows of people whom a door, the desk or the instructor saw at the session."""
    by_door = exists().where(
        Attendance.session_id == Booking.session_id,
        Attendance.member_id == Booking.member_id,
        Attendance.retracted_at.is_(None),
    )
    by_staff = exists().where(
        Sighting.session_id == Booking.session_id, Sighting.member_id == Booking.member_id
    )
    rows = select(Booking.id).where(Booking.state == "no_show", or_(by_door, by_staff))
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("no_shows", "nobody who was seen has a no-show", count_marked_though_seen),
)
