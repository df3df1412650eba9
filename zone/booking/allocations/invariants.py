"""What must hold of allocated spaces, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from zone.booking.activities.rules import RESERVATION_KINDS, SESSION_KINDS
from zone.booking.allocations.models import Allocation, AllocationEvent, Hold
from zone.booking.allocations.rules import slices
from zone.booking.reservations.models import Reservation
from zone.booking.sessions.models import ClassSession
from zone.core.invariants import Invariant, count_broken_ids, count_rows
from zone.places.spaces.models import SpacePart

_class_session, _reservation = ClassSession.__table__, Reservation.__table__
AT_ONCE: Final = 1000
"""Rows in memory at a time."""


def count_double_allocations(session: Session, _named_since: datetime) -> int:
    """Count the slices of time in which a part of a space is allocated more than once."""
    rows = select(Hold.part_id).group_by(Hold.part_id, Hold.slice).having(func.count() > 1)
    return count_rows(session, rows)


def count_unreleased(session: Session, _named_since: datetime) -> int:
    """Count the slices that are still allocated to what was cancelled."""
    rows = (
        select(Hold.id)
        .join(Allocation, Allocation.id == Hold.allocation_id)
        .where(Allocation.state == "cancelled")
    )
    return count_rows(session, rows)


def count_unheld(session: Session, now: datetime) -> int:
    """Count the sessions and reservations to come that do not hold their whole space."""
    # The holds of the past are deleted. Buffers may have changed since, so only the session's own
    # time is counted.
    parts = (
        select(SpacePart.space_id, func.count().label("parts"))
        .group_by(SpacePart.space_id)
        .subquery()
    )
    coming = session.execute(
        select(Allocation.id, Allocation.starts_at, Allocation.ends_at, parts.c.parts)
        .join(parts, parts.c.space_id == Allocation.space_id)
        .where(Allocation.state == "scheduled", Allocation.starts_at > now)
        .order_by(Allocation.id)
        .execution_options(yield_per=AT_ONCE)
    )
    unheld = (
        allocation_id
        for allocation_id, start, end, count in coming
        if _held_slices(session, allocation_id, start, end) != count * len(slices(start, end))
    )
    return count_broken_ids(session, "allocation", unheld)


def _held_slices(session: Session, allocation_id: int, start: datetime, end: datetime) -> int:
    own = slices(start, end)
    return (
        session.scalar(
            select(func.count())
            .select_from(Hold)
            .join(Allocation, Allocation.id == Hold.allocation_id)
            .join(
                SpacePart,
                and_(SpacePart.space_id == Allocation.space_id, SpacePart.part_id == Hold.part_id),
            )
            .where(
                Hold.allocation_id == allocation_id, Hold.slice >= own.start, Hold.slice < own.stop
            )
        )
        or 0
    )


def count_wrong_session_states(session: Session, _named_since: datetime) -> int:
    """Count the sessions and reservations that are not in the state of their newest event."""
    age = func.row_number().over(
        partition_by=AllocationEvent.allocation_id,
        order_by=AllocationEvent.id.desc(),
    )
    newest = select(
        AllocationEvent.allocation_id, AllocationEvent.kind, age.label("age")
    ).subquery()
    rows = (
        select(Allocation.id)
        .outerjoin(newest, and_(newest.c.allocation_id == Allocation.id, newest.c.age == 1))
        .where(func.coalesce(newest.c.kind, "") != Allocation.state)
    )
    return count_rows(session, rows)


def count_wrong_kinds(session: Session, _named_since: datetime) -> int:
    """Count the allocations that are not of the kind of their other row: a session's or a
    reservation's.
    """
    # No constraint can say it: the kind and the other row are in different tables.
    rows = (
        select(Allocation.id)
        .outerjoin(_class_session, _class_session.c.id == Allocation.id)
        .outerjoin(_reservation, _reservation.c.id == Allocation.id)
        .where(
            or_(
                _class_session.c.id.is_(None) == Allocation.kind.in_(SESSION_KINDS),
                _reservation.c.id.is_(None) == Allocation.kind.in_(RESERVATION_KINDS),
            )
        )
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("spaces", "no space is held twice", count_double_allocations),
    Invariant("released", "what is cancelled holds no space", count_unreleased),
    Invariant(
        "kinds", "what takes a time is a session or a reservation, as it says", count_wrong_kinds
    ),
    Invariant("held", "what is to come holds its space", count_unheld, at_present=True),
    Invariant("sessions", "each class is in the state of its events", count_wrong_session_states),
)
