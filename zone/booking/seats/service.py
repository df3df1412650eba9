"""Reserve and release seats of a session, and take the locks of booking.

Locks are always taken in the same order: the session, then members by id, then bookings and
waitlist entries. Any other order can deadlock on PostgreSQL; SQLite has one writer at a time.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.sessions.models import ClassSession
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_public_id
from zone.members.people.service import lock_members
from zone.members.roster_marks.service import mark_roster

# Made once: others wait for the session while a seat is booked, and SQLAlchemy takes longer to make
# a statement than to execute it.
_allocation = Allocation.__table__
_RESERVE: Final = (
    update(Allocation)
    .where(
        Allocation.public_id == bindparam("class_session"),
        # A session cancelled since it was looked up gives no seat.
        Allocation.state == "scheduled",
        # Condition and increment in one UPDATE: two who take the last place cannot both succeed.
        Allocation.booked < Allocation.bookable,
    )
    .values(booked=Allocation.booked + 1)
    .returning(Allocation.id)
)
_RECORD: Final = insert(BookingEvent).inline()  # nobody asks for the id


def session_id_of(session: Session, class_session: uuid.UUID) -> int:
    """Return the row of a session that is not a reservation of a space.

    Raises:
        DomainError: not_found.
    """
    session_id = session.scalar(
        select(ClassSession.id).where(ClassSession.public_id == class_session)
    )
    if session_id is None:
        raise DomainError(NOT_FOUND)
    return session_id


def lock_session(session: Session, session_id: int) -> None:
    """Lock a session or a reservation: one transaction at a time changes its bookings and its
    waitlist.
    """
    # NO KEY UPDATE, not FOR UPDATE: inserts of bookings take KEY SHARE on the session by their
    # foreign key.
    session.execute(
        select(_allocation.c.id)
        .where(_allocation.c.id == session_id)
        .with_for_update(key_share=True)
    )


def lock_member(session: Session, member_id: int) -> None:
    """Lock a member: one transaction at a time changes their bookings.

    Raises:
        DomainError: not_found.
    """
    if not lock_members(session, [member_id]):
        raise DomainError(NOT_FOUND)


def reserve_seat(session: Session, class_session: uuid.UUID) -> bool:
    """Take one of the bookable places; return False when there is none, or no such session.

    Success locks the session until the end of the transaction.
    """
    reserved = session.connection().execute(_RESERVE, {"class_session": class_session})
    return reserved.first() is not None


def release_seat(session: Session, session_id: int) -> bool:
    """Give a place back; return False when the session is not scheduled any more."""
    # No lower bound: `ck_allocation_places` refuses a counter below 0.
    freed = session.execute(
        update(Allocation)
        .where(Allocation.id == session_id, Allocation.state == "scheduled")
        .values(booked=Allocation.booked - 1)
        .returning(Allocation.id)
        .execution_options(synchronize_session=False)
    )
    return freed.first() is not None


def write_booking(
    session: Session,
    session_id: int,
    member_id: int,
    now: datetime,
    *,
    cancel_until: datetime | None = None,
    companions: int = 0,
) -> Booking:
    """Write the booking of a reserved seat with its event, and mark the member's roster row.

    `cancel_until` is what the person is told; None: as the policy in force says.
    """
    booking = Booking(
        public_id=new_public_id(),
        session_id=session_id,
        member_id=member_id,
        companions=companions,
        created_at=now,
        cancel_until=cancel_until,
    )
    session.add(booking)
    session.flush()  # here `uq_booking_live` refuses a second booking of the same person
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
    """Add an event to the history of some bookings."""
    values = {"kind": kind, "reason": reason, "occurred_at": occurred_at, "recorded_at": now}
    if booking_ids:
        session.connection().execute(
            _RECORD, [{"booking_id": id_, **values} for id_ in booking_ids]
        )
