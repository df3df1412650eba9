"""Book a place and cancel a booking. The order of locks is in `seats.service`."""

import uuid
from datetime import date, datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from zone.booking.bookings import context, rules
from zone.booking.bookings.errors import CANCEL_TOO_LATE, SESSION_FULL
from zone.booking.bookings.models import Booking
from zone.booking.messages.service import post_confirmation
from zone.booking.policies import queries as policies_queries
from zone.booking.seats.service import (
    lock_member,
    lock_session,
    record_bookings,
    release_seat,
    reserve_seat,
    session_id_of,
    write_booking,
)
from zone.booking.sessions.errors import SESSION_CANCELLED
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.service import mark_cancelled
from zone.booking.waitlist import service as waitlist
from zone.core.errors import NOT_FOUND, DomainError
from zone.members.roster_marks.service import mark_roster


def book(session: Session, *, member_id: int, class_session: uuid.UUID, now: datetime) -> Booking:
    """Book a place in a session.

    Raises:
        DomainError: not_found, or every reason against it. The transaction must be rolled back, and
            the seat with it.
    """
    # The counter comes first, not the rules: check, then insert, oversold 11 to 15 of 50 places on
    # PostgreSQL.
    session_id = session_id_of(session, class_session)
    seat_reserved = reserve_seat(session, session_id)
    # After the session, the order of `seats.service`. It makes the limit of 4 open bookings hold
    # for simultaneous requests too.
    lock_member(session, member_id)
    check = context.check_booking(
        session.connection(),
        member_id=member_id,
        class_session=class_session,
        now=now,
        seat_reserved=seat_reserved,
    )
    # The rules counted the reserved seat as free; without one the session is full.
    if check.reasons or not seat_reserved:
        raise check.refusal(*(check.reasons or [SESSION_FULL]))
    booking = write_booking(session, session_id, member_id, now)
    # Last, because entries are locked after members. Otherwise the person would wait on until the
    # next free place, which removes them with a mail (ALREADY_BOOKED).
    waitlist.end_waiting(session, session_id, member_id, now)
    post_confirmation(
        session,
        session.get_one(ClassSession, session_id),
        member_id,
        check.target.policy,
        now,
    )
    return booking


def cancel(session: Session, *, member_id: int, booking: uuid.UUID, now: datetime) -> Booking:
    """Cancel a booking; the place goes to the first on the waitlist.

    Raises:
        DomainError: not_found (also for another person's), cancel_too_late, session_cancelled.
    """
    session_id = _session_of_own(session, member_id, booking)
    lock_session(session, session_id)
    # Read after the lock: two cancellations at the same time free one place.
    own_booking = session.scalars(select(Booking).where(Booking.public_id == booking)).one()
    if own_booking.state == "cancelled":  # the second tap on the button
        return own_booking
    class_session, policy = (
        session.get_one(ClassSession, session_id),
        policies_queries.policy(session.connection()),
    )
    # Later nobody could be promoted in time: the booking stands, and counts as missed when it is
    # not used.
    if own_booking.state != "booked" or not rules.may_cancel(class_session.starts_at, policy, now):
        raise DomainError(CANCEL_TOO_LATE, params=rules.message_params(policy))
    # A reservation has a single booking: the session ends with it, and its space is released.
    if class_session.kind == "own_use":
        mark_cancelled(session, class_session, now=now)
    elif not release_seat(session, session_id):
        raise DomainError(SESSION_CANCELLED)
    own_booking.state = "cancelled"
    session.flush()
    record_bookings(session, [own_booking.id], "cancelled", occurred_at=now, now=now)
    mark_roster(session, [member_id], now)
    waitlist.promote(session, session_id, now)
    return own_booking


def _session_of_own(session: Session, member_id: int, booking: uuid.UUID) -> int:
    own = select(Booking.session_id).where(
        Booking.public_id == booking, Booking.member_id == member_id
    )
    session_id = session.scalar(own)
    if session_id is None:
        raise DomainError(NOT_FOUND)
    return session_id


def remove_members(session: Session, *, before: datetime, marks_from: date, limit: int) -> int:
    """Remove the person from bookings of sessions that ended before a time; return how many.

    No-shows of `marks_from` and later stay: they count against their person.
    """
    old = (
        select(Booking.id)
        .join(ClassSession, ClassSession.id == Booking.session_id)
        .where(
            Booking.member_id.is_not(None),
            ClassSession.ends_at < before,
            or_(Booking.state != "no_show", ClassSession.on_day < marks_from),
        )
        .limit(limit)
    )
    removed = session.scalars(
        update(Booking)
        .where(Booking.id.in_(old))
        .values(member_id=None)
        .returning(Booking.id)
        .execution_options(synchronize_session=False)
    )
    return len(removed.all())
