"""What must hold of waitlists, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from zone.booking.bookings.models import Booking
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.invariants import Invariant, count_rows


def count_double_entries(session: Session, _named_since: datetime) -> int:
    """Count the people who wait more than once for a class."""
    rows = (
        select(QueueEntry.session_id)
        .where(QueueEntry.state.in_(LIVE_STATES))
        .group_by(QueueEntry.session_id, QueueEntry.member_id)
        .having(func.count() > 1)
    )
    return count_rows(session, rows)


def count_wrong_entry_states(session: Session, _named_since: datetime) -> int:
    """Count the entries that are not in the state of their history, that have none, or that became
    a booking of another session, time or person.
    """
    joined = exists().where(QueueEvent.entry_id == QueueEntry.id, QueueEvent.kind == "joined")
    newest = (
        select(func.max(QueueEvent.id))
        .where(QueueEvent.entry_id == QueueEntry.id)
        .correlate(QueueEntry)
        .scalar_subquery()
    )
    last = aliased(QueueEvent)
    # Whoever has joined or was passed over waits.
    state = case((last.kind.in_(("joined", "passed_over")), "waiting"), else_=last.kind)
    rows = (
        select(QueueEntry.id)
        .outerjoin(last, last.id == newest)
        .outerjoin(Booking, Booking.id == QueueEntry.booking_id)
        .where(
            or_(
                ~joined,
                state != QueueEntry.state,
                Booking.session_id != QueueEntry.session_id,
                Booking.created_at != last.occurred_at,
                # NULL, and so not counted, where retention has removed the person from one of them.
                Booking.member_id != QueueEntry.member_id,
            )
        )
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("queues", "nobody waits twice for one class", count_double_entries),
    Invariant("waitlists", "each entry is in the state of its history", count_wrong_entry_states),
)
