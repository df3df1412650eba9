"""Read who lost their place, or their place in the queue, when a session was cancelled."""

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from zone.booking.allocations.models import AllocationEvent
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.waitlist.models import QueueEntry, QueueEvent


def ended_by_cancelling(session: Session, session_id: int) -> list[int]:
    """Return the members whose booking or waiting ended with a cancelled session, by id."""
    newest = select(func.max(AllocationEvent.id)).where(AllocationEvent.allocation_id == session_id)
    at = session.scalars(
        select(AllocationEvent.occurred_at).where(AllocationEvent.id == newest.scalar_subquery())
    ).one()
    # In the transaction that cancels, everything ends at one moment.
    booked = (
        select(Booking.member_id)
        .join(BookingEvent, BookingEvent.booking_id == Booking.id)
        .where(
            Booking.session_id == session_id,
            BookingEvent.kind == "cancelled",
            BookingEvent.occurred_at == at,
        )
    )
    waited = (
        select(QueueEntry.member_id)
        .join(QueueEvent, QueueEvent.entry_id == QueueEntry.id)
        .where(
            QueueEntry.session_id == session_id,
            QueueEvent.kind == "removed",
            QueueEvent.occurred_at == at,
        )
    )
    found = session.scalars(union(booked, waited))
    return sorted(member_id for member_id in found if member_id is not None)
