"""The event of a booking, with which its mails change the calendar of the person who booked."""

import uuid

from zone.booking.allocations.models import Allocation
from zone.booking.allocations.rules import event_sequence
from zone.core.mail.calendar import CalendarEvent


def booking_event(
    allocation: Allocation, booking: uuid.UUID, name: str, where: str, *, cancelled: bool
) -> CalendarEvent:
    """Return the event of a booking, with the words of the mail that carries it."""
    return CalendarEvent(
        id=str(booking),
        sequence=event_sequence(allocation.sequence, cancelled=cancelled),
        cancelled=cancelled,
        starts_at=allocation.starts_at,
        ends_at=allocation.ends_at,
        summary=name,
        location=where,
        path="/bookings",
    )
