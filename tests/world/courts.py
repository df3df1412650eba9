"""What the tests of courts share: booking by service and by HTTP, and the free starts of a day."""

import uuid
from datetime import datetime

from zone.booking.bookings.models import Booking
from zone.booking.reservations import service as reservations
from zone.booking.reservations.rules import ReservationRequest
from zone.core.db.transactions import writing
from zone.core.errors import DomainError


def book(
    member: int,
    space: uuid.UUID,
    start: datetime,
    minutes: int = 60,
    *,
    now: datetime,
    companions: int = 0,
) -> Booking:
    with writing() as session:
        wish = ReservationRequest(space, start, minutes, companions)
        return reservations.book_space(session, member_id=member, requested=wish, now=now)


def reasons(
    member: int,
    space: uuid.UUID,
    start: datetime,
    minutes: int = 60,
    *,
    now: datetime,
    companions: int = 0,
) -> list[str]:
    """Every reason against a booking; empty when it was made."""
    try:
        book(member, space, start, minutes, now=now, companions=companions)
    except DomainError as refusal:
        return [reason.code for reason in refusal.reasons]
    return []
