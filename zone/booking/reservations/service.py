"""Reserve a space for own use: a hall, a part of it, a court. It is cancelled like any booking."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.bookings.models import Booking
from zone.booking.messages.service import tell_booked
from zone.booking.reservations import rules
from zone.booking.reservations.queries import check_reservation
from zone.booking.reservations.rules import Court, ReservationRequest
from zone.booking.seats.service import lock_member, reserve_seat, write_booking
from zone.booking.sessions.rules import ClassDetails
from zone.booking.sessions.service import create_session
from zone.places.spaces.models import Space


def book_space(
    session: Session, *, member_id: int, wish: ReservationRequest, now: datetime
) -> Booking:
    """Book a whole space for one's own use. Its parts are held; the database refuses any overlap.

    1. Lock the space's row, against a day that is being closed, and the member's, for the limits per person.
    2. Load what the rules need, and refuse with all reasons.
    3. Hold every part, then write the booking.

    Raises:
        DomainError: not_found, not_bookable, or every reason against it.
        IntegrityError: `uq_hold_part_slice` (space_taken at the edge): somebody has just taken a part of it.
    """
    _lock_space(session, wish.space)
    lock_member(session, member_id)
    judged = check_reservation(session.connection(), member_id=member_id, wish=wish, now=now)
    if judged.reasons:
        raise judged.refusal()
    held = rules.held_around(wish.start, wish.minutes, judged.court.rules)
    made = create_session(session, _own_use(judged.court), wish.start, wish.end, now=now, held=held)
    reserve_seat(session, made.id)  # its only one
    booking = write_booking(session, made.id, member_id, now, companions=wish.companions)
    tell_booked(session, made, member_id, judged.near.policy, now)
    return booking


def _lock_space(session: Session, space: uuid.UUID) -> None:
    """Wait for who closes the day, and let them wait for this booking; other bookings pass."""
    session.execute(select(Space.id).where(Space.public_id == space).with_for_update(read=True))


def _own_use(court: Court) -> ClassDetails:
    return ClassDetails(
        kind="own_use",
        name_fi=court.name["fi"],
        name_sv=court.name["sv"],
        name_en=court.name["en"],
        category="own_use",
        space_id=court.id,
        capacity=1,
    )
