"""Move one's booking to another session of its activity, in one step. Never commits.

Either both happen or neither: the new place is booked, and the old one goes to the next person.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.bookings import context, rules
from zone.booking.bookings.models import Booking
from zone.booking.bookings.queries import live_booking
from zone.booking.bookings.service import book_checked, give_up, session_of_own, too_late
from zone.booking.messages.service import post_given_up
from zone.booking.policies import queries as policies_queries
from zone.booking.promotions.service import lock_with_waiting
from zone.booking.rebookings.errors import BOOKING_ENDED, OTHER_ACTIVITY
from zone.booking.seats.service import lock_session, reserve_seat, session_id_of
from zone.booking.sessions.errors import SESSION_ENDED
from zone.booking.sessions.models import ClassSession
from zone.core.errors import NOT_FOUND, DomainError


def rebook(
    session: Session, *, member_id: int, booking: uuid.UUID, to: uuid.UUID, now: datetime
) -> Booking:
    """Book another session in place of a booking; return the new booking, also when asked again.

    Raises:
        DomainError: not_found (also for another person's, and for a court); other_activity;
            booking_ended; session_ended; cancel_too_late: the old one cannot be cancelled freely;
            or every reason against the new booking. The transaction must be rolled back.
    """
    old_id, new_id = session_of_own(session, member_id, booking), session_id_of(session, to)
    _lock(session, old_id, new_id, member_id)
    old = session.scalars(select(Booking).where(Booking.public_id == booking)).one()
    before = session.get(ClassSession, old_id, populate_existing=True)
    after = session.get_one(ClassSession, new_id, populate_existing=True)
    if before is None:  # a court: it has times of its own
        raise DomainError(NOT_FOUND)
    if old.state == "cancelled":
        return _moved_already(session, new_id, member_id)
    _refuse(session, old, before, after, now)
    seat_reserved = reserve_seat(session, to)
    # First the old one: it would count among the open bookings, and may overlap.
    give_up(session, old, before, now)
    check = context.check_booking(
        session.connection(),
        member_id=member_id,
        class_session=to,
        now=now,
        seat_reserved=seat_reserved,
    )
    new = book_checked(session, check, now, seat_reserved=seat_reserved)
    # A second mail: by one a calendar adds the new event, by the other it removes the old one.
    post_given_up(session, before, old, now)
    return new


def _lock(session: Session, old_id: int, new_id: int, member_id: int) -> None:
    # By id: two people who move in opposite directions at once would otherwise deadlock.
    for session_id in sorted({old_id, new_id}):
        lock_session(session, session_id)
    # Giving the old place to the next person needs the locks of those who wait for it.
    lock_with_waiting(session, old_id, member_id)


def _moved_already(session: Session, new_id: int, member_id: int) -> Booking:
    live = live_booking(session, new_id, member_id)
    if live is None:
        raise DomainError(BOOKING_ENDED)
    return live


def _refuse(
    session: Session, old: Booking, before: ClassSession, after: ClassSession, now: datetime
) -> None:
    if before.activity_id != after.activity_id or before.id == after.id:
        raise DomainError(OTHER_ACTIVITY)
    if old.state != "booked" or before.ends_at <= now:
        raise DomainError(SESSION_ENDED)
    policies = policies_queries.policies(session.connection(), now, old.member_id)
    policy = policies.of(before.activity_id)
    free = rules.may_cancel(before.starts_at, policy, now, old.created_at, old.cancel_until)
    if not free:
        raise too_late(old, before, policy)
