"""Count who is at a session now, in about a dozen statements."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from zone.access.attendance.context import evidence_of_spaces
from zone.access.attendance.models import Attendance, Sighting
from zone.access.busyness.rules import counted_at
from zone.access.live_counts.rules import LiveCount, status_of
from zone.booking.activities.rules import UNATTENDED_KINDS
from zone.booking.allocations.models import Allocation
from zone.booking.sessions.queries import may_see_people
from zone.booking.sessions.rules import ARRIVE_AFTER, ARRIVE_BEFORE
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor


@dataclass(frozen=True, slots=True)
class ReadCount:
    """A count and its reader; `exact`: they may see the numbers."""

    count: LiveCount
    exact: bool


def live_count(session: Session, public_id: uuid.UUID, now: datetime) -> LiveCount:
    """Return how many are at a session at `now`.

    Raises:
        DomainError: not_found.
    """
    row = _allocation(session, public_id)
    arrivals = (row.starts_at - ARRIVE_BEFORE, row.starts_at + ARRIVE_AFTER)
    held = row.state == "scheduled" and row.kind not in UNATTENDED_KINDS
    if not held or not arrivals[0] <= now < row.ends_at:
        return LiveCount("not_now", arrivals, now)
    if row.space_id is None:
        return LiveCount("no_door", arrivals, now)
    doors = evidence_of_spaces(session, [row.space_id], (arrivals[0], min(now, arrivals[1])))
    status, lost_at = status_of(doors[row.space_id], arrivals, now)
    present, drop_in = _people(session, row.id, now)
    return LiveCount(
        status, arrivals, now, row.capacity, row.booked, present, drop_in, lost_at=lost_at
    )


def live_count_for(
    session: Session, public_id: uuid.UUID, actor: Actor | None, now: datetime
) -> ReadCount:
    """Return how many are at a session, as the actor may know it; None: a guest.

    Raises:
        DomainError: not_found.
    """
    exact = sees_numbers(session, public_id, actor)
    # Everybody else sees it as of the full minute: it does not tell who comes in this second.
    return ReadCount(live_count(session, public_id, now if exact else counted_at(now)), exact)


def sees_numbers(session: Session, public_id: uuid.UUID, actor: Actor | None) -> bool:
    """Return whether a reader may see how many came; an instructor at their own sessions only.

    Raises:
        DomainError: not_found.
    """
    return actor is not None and may_see_people(session, _allocation(session, public_id), actor)


def _allocation(session: Session, public_id: uuid.UUID) -> Allocation:
    row = session.scalar(select(Allocation).where(Allocation.public_id == public_id))
    if row is None:
        raise DomainError(NOT_FOUND)
    return row


def _people(session: Session, session_id: int, now: datetime) -> tuple[int, int]:
    """Return how many came with a booking, and without, as recorded until `now`."""
    by_door = exists().where(
        Attendance.session_id == Sighting.session_id,
        Attendance.member_id == Sighting.member_id,
        Attendance.retracted_at.is_(None),
        Attendance.recorded_at <= now,
    )
    by_staff = (
        select(func.count())
        .select_from(Sighting)
        .where(Sighting.session_id == session_id, Sighting.recorded_at <= now, ~by_door)
    )
    booked, drop_in, seen = session.execute(
        select(
            _by_door(session_id, now).where(Attendance.booked).scalar_subquery(),
            _by_door(session_id, now).where(~Attendance.booked).scalar_subquery(),
            by_staff.scalar_subquery(),
        )
    ).one()
    return booked + seen, drop_in


def _by_door(session_id: int, now: datetime) -> Select[int]:
    return (
        select(func.count())
        .select_from(Attendance)
        .where(
            Attendance.session_id == session_id,
            Attendance.retracted_at.is_(None),
            Attendance.recorded_at <= now,
        )
    )
