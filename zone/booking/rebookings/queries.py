"""Read the other sessions to which a booking can be moved."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.booking.bookings.queries import booking_view
from zone.booking.bookings.views import BookingView
from zone.booking.policies.resolution import Policies
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import select_sessions, session_view_of
from zone.booking.sessions.views import SessionView
from zone.booking.waitlist.models import QueueEntry
from zone.core.errors import NOT_FOUND, DomainError

MOST: Final = 30
"""How many other times are shown."""


@dataclass(frozen=True, slots=True)
class OtherTimes:
    """A booking, and the other sessions of its activity that are free, or of which a place is kept
    for the person, by start.
    """

    booking: BookingView
    sessions: list[SessionView]


def other_times(
    session: Session, member_id: int, booking: uuid.UUID, policies: Policies, now: datetime
) -> OtherTimes:
    """Return the other times of a person's own booking.

    Raises:
        DomainError: not_found; also for a court.
    """
    view = booking_view(session, member_id, booking, now)
    own = session.execute(
        select(ClassSession.id, ClassSession.activity_id).where(
            ClassSession.public_id == view.session.id
        )
    ).first()
    if own is None:
        raise DomainError(NOT_FOUND)
    found = session.execute(
        select_sessions(member_id)
        .where(
            ClassSession.activity_id == own.activity_id,
            ClassSession.id != own.id,
            ClassSession.state == "scheduled",
            ClassSession.starts_at > now,
            or_(ClassSession.booked < ClassSession.bookable, QueueEntry.offered_until >= now),
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
        .limit(MOST)
    )
    views = [session_view_of(*row) for row in found]
    return OtherTimes(
        view, [one for one in views if one.status(policies, now) in ("free", "offered")]
    )
