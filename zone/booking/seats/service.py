"""Reserve and release seats of a session, with the locks that this takes.

Locks are always taken in the same order: the session, then members by their ids, then bookings and waitlist
entries. Any other order can deadlock on PostgreSQL; SQLite has one writer at a time anyway.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.sessions.models import ClassSession
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_public_id
from zone.members.people.models import Member
from zone.members.roster_marks.service import mark_roster


def session_id_of(session: Session, class_session: uuid.UUID) -> int:
    """The number of a session that is not a space booked for own use.

    Raises:
        DomainError: not_found.
    """
    query = select(ClassSession.id).where(
        ClassSession.public_id == class_session, ClassSession.kind != "own_use"
    )
    found = session.scalar(query)
    if found is None:
        raise DomainError(NOT_FOUND)
    return found


def lock_session(session: Session, session_id: int) -> None:
    """Let one at a time change who has a place in a session, and who waits for one."""
    session.execute(
        select(ClassSession.id).where(ClassSession.id == session_id).with_for_update(key_share=True)
    )


def lock_member(session: Session, member_id: int) -> None:
    """Let one booking of a person at a time through.

    Raises:
        DomainError: not_found.
    """
    if not lock_members(session, [member_id]):
        raise DomainError(NOT_FOUND)


def lock_members(session: Session, member_ids: Collection[int]) -> int:
    """The same for several people; answers how many of them there are."""
    query = (
        select(Member.id)
        .where(Member.id.in_(member_ids))
        .order_by(Member.id)
        .with_for_update(key_share=True)
    )
    return len(session.scalars(query).all())


def reserve_seat(session: Session, session_id: int) -> bool:
    """Take one of the places that can be booked; False when none is left, or the session is not to come.

    A place that was claimed locks the session until the end of the transaction.
    """
    claimed = session.execute(
        update(ClassSession)
        .where(
            ClassSession.id == session_id,
            ClassSession.state == "scheduled",
            ClassSession.booked < ClassSession.bookable,
        )
        .values(booked=ClassSession.booked + 1)
        .returning(ClassSession.id)
        .execution_options(synchronize_session=False)
    )
    return claimed.first() is not None


def release_seat(session: Session, session_id: int) -> bool:
    """Give a place back; False when the session is not to come any more."""
    freed = session.execute(
        update(ClassSession)
        .where(ClassSession.id == session_id, ClassSession.state == "scheduled")
        .values(booked=ClassSession.booked - 1)
        .returning(ClassSession.id)
        .execution_options(synchronize_session=False)
    )
    return freed.first() is not None


def write_booking(
    session: Session, session_id: int, member_id: int, now: datetime, *, companions: int = 0
) -> Booking:
    """Write down a booking of a place that was claimed: its fact and the roster's mark with it."""
    booking = Booking(
        public_id=new_public_id(),
        session_id=session_id,
        member_id=member_id,
        companions=companions,
        created_at=now,
    )
    session.add(booking)
    session.flush()
    record_bookings(session, [booking.id], "booked", occurred_at=now, now=now)
    mark_roster(session, [member_id], now)
    return booking


def record_bookings(
    session: Session,
    booking_ids: Sequence[int],
    kind: str,
    *,
    occurred_at: datetime,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Add a fact to the history of some bookings."""
    facts = {"kind": kind, "reason": reason, "occurred_at": occurred_at, "recorded_at": now}
    if booking_ids:
        session.execute(insert(BookingEvent), [{"booking_id": id_, **facts} for id_ in booking_ids])
