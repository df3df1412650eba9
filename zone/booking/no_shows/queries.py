"""Read bookings whose attendance is to be recorded."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking


def bookings_to_settle(
    session: Session, after: datetime, before: datetime
) -> list[tuple[int, int, int]]:
    """Return (booking, session, member) of open bookings that ended in (after, before]."""
    rows = session.execute(
        select(Booking.id, Booking.session_id, Booking.member_id)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(
            Booking.state == "booked",
            Allocation.state != "cancelled",
            # (after, before]: a session that ends at `before` is due now, not in the next run.
            Allocation.ends_at > after,
            Allocation.ends_at <= before,
        )
        .order_by(Booking.id)
    )
    return [
        (booking, session_id, member) for booking, session_id, member in rows if member is not None
    ]
