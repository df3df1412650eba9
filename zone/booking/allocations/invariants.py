"""What must hold of allocated spaces, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Hold
from zone.booking.allocations.rules import slices
from zone.booking.sessions.models import ClassSession, SessionEvent
from zone.core.invariants import Invariant, count_rows
from zone.places.spaces.models import SpacePart

AT_ONCE: Final = 1000
"""Rows in memory at a time."""


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


def count_unheld(session: Session, now: datetime) -> int:
    """Count the sessions to come that do not hold their whole space."""
    # The holds of the past are deleted. Buffers may have changed since, so only the session's own
    # time is counted.
    parts = (
        select(SpacePart.space_id, func.count().label("parts"))
        .group_by(SpacePart.space_id)
        .subquery()
    )
    coming = session.execute(
        select(ClassSession.id, ClassSession.starts_at, ClassSession.ends_at, parts.c.parts)
        .join(parts, parts.c.space_id == ClassSession.space_id)
        .where(ClassSession.state == "scheduled", ClassSession.starts_at > now)
        .order_by(ClassSession.id)
        .execution_options(yield_per=AT_ONCE)
    )
    return sum(
        _held_slices(session, session_id, start, end) != count * len(slices(start, end))
        for session_id, start, end, count in coming
    )


def _held_slices(session: Session, session_id: int, start: datetime, end: datetime) -> int:
    own = slices(start, end)
    return (
        session.scalar(
            select(func.count())
            .select_from(Hold)
            .join(ClassSession, ClassSession.id == Hold.session_id)
            .join(
                SpacePart,
                and_(
                    SpacePart.space_id == ClassSession.space_id, SpacePart.part_id == Hold.part_id
                ),
            )
            .where(Hold.session_id == session_id, Hold.slice >= own.start, Hold.slice < own.stop)
        )
        or 0
    )


def count_wrong_session_states(session: Session, _named_since: datetime) -> int:
    """Count the sessions whose state is not that of their newest event, or that have none."""
    age = func.row_number().over(
        partition_by=SessionEvent.session_id,
        order_by=SessionEvent.id.desc(),
    )
    newest = select(SessionEvent.session_id, SessionEvent.kind, age.label("age")).subquery()
    rows = (
        select(ClassSession.id)
        .outerjoin(newest, and_(newest.c.session_id == ClassSession.id, newest.c.age == 1))
        .where(func.coalesce(newest.c.kind, "") != ClassSession.state)
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("spaces", "no space is held twice", count_double_allocations),
    Invariant("released", "what is cancelled holds no space", count_unreleased),
    Invariant("held", "what is to come holds its space", count_unheld, at_present=True),
    Invariant("sessions", "each class is in the state of its events", count_wrong_session_states),
)
