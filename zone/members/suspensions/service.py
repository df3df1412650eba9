"""Suspend a member, and lift a suspension. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_public_id
from zone.members.roster_marks.service import mark_roster
from zone.members.suspensions.errors import ENDS_TOO_EARLY
from zone.members.suspensions.models import Suspension


def suspend(
    session: Session,
    member_id: int,
    *,
    reason: str,
    ends_at: datetime | None,
    now: datetime,
    recorded_by: int,
) -> Suspension:
    """Bar a person from every door from now until `ends_at`, or until it is lifted.

    Raises:
        DomainError: ends_too_early.
    """
    if ends_at is not None and ends_at <= now:
        raise DomainError(ENDS_TOO_EARLY)
    suspension = Suspension(
        public_id=new_public_id(),
        member_id=member_id,
        reason=reason,
        starts_at=now,
        ends_at=ends_at,
        recorded_at=now,
        recorded_by=recorded_by,
    )
    session.add(suspension)
    session.flush()
    mark_roster(session, [member_id], now)
    return suspension


def lift(session: Session, suspension: uuid.UUID, now: datetime) -> Suspension:
    """End a suspension early.

    Raises:
        DomainError: not_found.
    """
    found = session.scalar(select(Suspension).where(Suspension.public_id == suspension))
    if found is None:
        raise DomainError(NOT_FOUND)
    found.lifted_at = found.lifted_at or now
    session.flush()
    mark_roster(session, [found.member_id], now)
    return found
