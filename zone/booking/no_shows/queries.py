"""Read bookings whose attendance is to be recorded, and until when a person is suspended."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.bookings import context as bookings_context
from zone.booking.bookings.models import Booking
from zone.booking.no_shows import rules
from zone.booking.policies import queries as policies_queries


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


def suspended_until(session: Session, member_id: int, now: datetime) -> datetime | None:
    """Return until when a person is suspended from booking ahead; None when they are not."""
    until = rules.suspended_until(
        bookings_context.booker_state(session.connection(), member_id, now).missed,
        policies_queries.policy(session.connection()),
    )
    return until if until is not None and now < until else None
