"""Bookings that were not used, as the job that knows the doors reports them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.attendance_marks.rules import DoorHeard
from zone.booking.bookings.models import Booking
from zone.booking.no_shows import service as no_shows


def mark_no_shows(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these bookings were not used, by a door that was heard all the time."""
    query = select(Booking.session_id).where(Booking.id.in_(booking_ids))
    heard = [DoorHeard("Studio: Studio door", now)]
    return no_shows.mark_no_shows(
        session, booking_ids, now, dict.fromkeys(session.scalars(query), heard)
    )
