"""Record which bookings were used."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking.bookings.models import Booking
from zone.booking.seats.service import record_bookings
from zone.booking.sessions.models import ClassSession


def mark_no_shows(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these bookings were not used, unless they were; return how many."""
    return _record_attendance(session, booking_ids, "no_show", ("booked",), now)


def mark_attended(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these bookings were used; return how many.

    Entries of an offline door correct a no-show.
    """
    # Not from `cancelled`: a person who cancelled and came is a drop-in.
    return _record_attendance(session, booking_ids, "attended", ("booked", "no_show"), now)


def _record_attendance(
    session: Session, booking_ids: Sequence[int], kind: str, states: Sequence[str], now: datetime
) -> int:
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
    return len(changed)


def _ends(session: Session, session_ids: Sequence[int]) -> dict[int, datetime]:
    query = select(ClassSession.id, ClassSession.ends_at).where(ClassSession.id.in_(session_ids))
    return {row.id: row.ends_at for row in session.execute(query)}
