"""The suspensions in force."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from zone.members.suspensions.models import Suspension


def suspended_among(session: Session, member_ids: Sequence[int], now: datetime) -> Collection[int]:
    """Return which of the members are suspended now."""
    query = select(Suspension.member_id).where(Suspension.member_id.in_(member_ids), in_force(now))
    return set(session.scalars(query))


def in_force(now: datetime) -> ColumnElement[bool]:
    """Return the condition of a suspension in force at `now`."""
    return and_(
        Suspension.starts_at <= now,
        or_(Suspension.ends_at.is_(None), Suspension.ends_at > now),
        or_(Suspension.lifted_at.is_(None), Suspension.lifted_at > now),
    )
