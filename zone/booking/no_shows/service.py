"""Record which bookings were used, make marks of those that were not, and excuse marks."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks import queries as marks_queries
from zone.booking.attendance_marks import service as attendance_marks
from zone.booking.attendance_marks.rules import NO_SHOW, SEEN, DoorHeard, Evidence
from zone.booking.bookings.models import Booking
from zone.booking.no_shows.errors import NOT_A_NO_SHOW
from zone.booking.seats.service import record_bookings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor
from zone.members.people.service import another_member, audit_member, lock_member


def mark_no_shows(
    session: Session,
    booking_ids: Sequence[int],
    now: datetime,
    doors: Mapping[int, Sequence[DoorHeard]],
) -> int:
    """Record that these bookings were not used, unless they were; return how many.

    Each is a mark where its place was scarce and `doors` were heard all the time; they are those of
    each session. Its person gets a mail, with what proves it and what follows. The caller holds the
    locks of the members.
    """
    recorded = 0
    # One after the other: each mail counts the marks up to its own.
    for booking_id in booking_ids:
        if _record_attendance(session, [booking_id], "no_show", ("booked",), now):
            booking = session.get_one(Booking, booking_id, populate_existing=True)
            recorded += 1
            _mark(session, booking, doors.get(booking.session_id, ()), now)
    return recorded


def _mark(session: Session, booking: Booking, doors: Sequence[DoorHeard], now: datetime) -> None:
    row = session.get_one(Allocation, booking.session_id)
    demand = marks_queries.demand_for(session, row, booking.member_id, row.starts_at)
    attendance_marks.make_mark(
        session,
        booking,
        row,
        NO_SHOW,
        Evidence(demand, tuple(doors)),
        occurred_at=row.ends_at,
        now=now,
    )


def mark_attended(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these bookings were used; return how many.

    Entries of an offline door correct a no-show, and lift its mark. The caller holds the locks of
    the members.
    """
    # Not from `cancelled`: a person who cancelled and came is a drop-in.
    attended = _record_attendance(session, booking_ids, "attended", ("booked", "no_show"), now)
    attendance_marks.lift_of_bookings(session, attended, SEEN, now)
    return len(attended)


def excuse(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    booking: uuid.UUID,
    *,
    reason: str,
    now: datetime,
) -> Booking:
    """Excuse a no-show or a late cancellation: it stays on record, and no longer counts.

    Once more changes nothing.

    Raises:
        DomainError: forbidden, not_for_yourself; not_found; not_a_no_show.
    """
    member = another_member(session, actor, person)
    lock_member(session, person)
    row = session.scalar(
        select(Booking).where(Booking.public_id == booking, Booking.member_id == member.id)
    )
    if row is None:
        raise DomainError(NOT_FOUND)
    marked = attendance_marks.excuse_booking(session, row, actor, now)
    if not marked and row.state != "no_show" and row.excused_at is None:
        raise DomainError(NOT_A_NO_SHOW)
    if marked or row.excused_at is None:
        row.excused_at = now
        session.flush()
        after = {"booking": booking}
        audit_member(session, "no_show.excuse", member, actor.id, now, after=after, reason=reason)
    return row


def _record_attendance(
    session: Session, booking_ids: Sequence[int], kind: str, states: Sequence[str], now: datetime
) -> list[int]:
    """Record it for those bookings that are in one of the states; return them."""
    # The states in the condition make repetition safe: what is recorded already changes no row.
    changed = session.execute(
        update(Booking)
        .where(Booking.id.in_(booking_ids), Booking.state.in_(states))
        .values(state=kind)
        .returning(Booking.id, Booking.session_id)
        .execution_options(synchronize_session=False)
    ).all()
    # The event's time is the end of the session, whenever the job runs or an entry arrives.
    ends = _ends(session, [session_id for _, session_id in changed])
    for booking_id, session_id in changed:
        record_bookings(session, [booking_id], kind, occurred_at=ends[session_id], now=now)
    return [booking_id for booking_id, _ in changed]


def _ends(session: Session, session_ids: Sequence[int]) -> dict[int, datetime]:
    query = select(Allocation.id, Allocation.ends_at).where(Allocation.id.in_(session_ids))
    return {row.id: row.ends_at for row in session.execute(query)}
