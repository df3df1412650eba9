"""Holding space: one row per part of a hall and five minutes, under one key for classes and own bookings alike."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Hold
from zone.booking.allocations.rules import slices


def hold(
    session: Session, session_id: int, parts: Sequence[int], start: datetime, end: datetime
) -> None:
    """Hold every part within [start, end) for a session.

    Rows are written in the order of (part, slice): writers that want the same then wait in line; shuffled they
    deadlock on PostgreSQL.

    Raises:
        IntegrityError: `uq_hold_part_slice`: another session holds a part then.
    """
    rows = [
        {"part_id": part, "slice": slice_, "session_id": session_id}
        for part in sorted(parts)
        for slice_ in slices(start, end)
    ]
    session.execute(insert(Hold), rows)


def release(session: Session, session_id: int) -> None:
    """Let go of what a session holds."""
    session.execute(delete(Hold).where(Hold.session_id == session_id))


def forget(session: Session, before: datetime) -> None:
    """Drop the holds of times gone by: nobody can want them."""
    session.execute(delete(Hold).where(Hold.slice < slices(before, before).start))
