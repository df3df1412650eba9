"""What must hold of first rights, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.booking.bookings.models import Booking
from zone.booking.moves.models import FirstRight
from zone.booking.waitlist.models import QueueEntry
from zone.core.invariants import Invariant, count_rows


def count_wrong_first_rights(session: Session, _named_since: datetime) -> int:
    """Count the first rights whose booking has not ended, or is another session's or person's."""
    rows = (
        select(FirstRight.id)
        .join(Booking, Booking.id == FirstRight.booking_id)
        .join(QueueEntry, QueueEntry.id == FirstRight.entry_id)
        .where(
            or_(
                Booking.state != "cancelled",
                Booking.session_id != QueueEntry.session_id,
                # NULL, and so not counted, where retention has removed the person from one of them.
                Booking.member_id != QueueEntry.member_id,
            )
        )
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "first_rights",
        "whoever has the first right to a moved class had booked it",
        count_wrong_first_rights,
    ),
)
