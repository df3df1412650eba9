"""What must hold of allocated spaces, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Hold
from zone.booking.sessions.models import ClassSession
from zone.core.invariants import Invariant, count_rows


def count_double_allocations(session: Session, _named_since: datetime) -> int:
    """Count the slices of time in which a part of a space is allocated more than once."""
    rows = select(Hold.part_id).group_by(Hold.part_id, Hold.slice).having(func.count() > 1)
    return count_rows(session, rows)


def count_unreleased(session: Session, _named_since: datetime) -> int:
    """Count the slices that are still allocated to cancelled classes."""
    rows = (
        select(Hold.id)
        .join(ClassSession, ClassSession.id == Hold.session_id)
        .where(ClassSession.state == "cancelled")
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("spaces", "no space is held twice", count_double_allocations),
    Invariant("released", "what is cancelled holds no space", count_unreleased),
)
