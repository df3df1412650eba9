"""What must hold of waitlists, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.booking.waitlist.models import QueueEntry
from zone.core.invariants import Invariant, count_rows


def count_double_entries(session: Session, _named_since: datetime) -> int:
    """Count the people who wait more than once for a class."""
    rows = (
        select(QueueEntry.session_id)
        .where(QueueEntry.state == "waiting")
        .group_by(QueueEntry.session_id, QueueEntry.member_id)
        .having(func.count() > 1)
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("queues", "nobody waits twice for one class", count_double_entries),
)
