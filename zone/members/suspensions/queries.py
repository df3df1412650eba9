"""The suspensions in force."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from zone.members.suspensions.models import Suspension


def suspended_among(session: Session, member_ids: Sequence[int], now: datetime) -> Collection[int]:
    """Return which of the members are suspended now."""
    query = select(Suspension.member_id).where(Suspension.member_id.in_(member_ids), in_force(now))
    return set(session.scalars(query))


def suspensions_from(
    session: Session, member_ids: Sequence[int], now: datetime
) -> dict[int, list[tuple[datetime, datetime | None]]]:
    """Return the times [start, end) in which each member is or will be suspended from `now` on."""
    found: dict[int, list[tuple[datetime, datetime | None]]] = {id_: [] for id_ in member_ids}
    rows = session.execute(
        select(
            Suspension.member_id, Suspension.starts_at, Suspension.ends_at, Suspension.lifted_at
        ).where(
            Suspension.member_id.in_(member_ids),
            or_(Suspension.ends_at.is_(None), Suspension.ends_at > now),
            or_(Suspension.lifted_at.is_(None), Suspension.lifted_at > now),
        )
    )
    for member_id, start, *ends in rows:
        found[member_id].append((start, min(filter(None, ends), default=None)))
    return found


def in_force(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition of a suspension in force at `now`."""
    return and_(
        Suspension.starts_at <= now,
        or_(Suspension.ends_at.is_(None), Suspension.ends_at > now),
        or_(Suspension.lifted_at.is_(None), Suspension.lifted_at > now),
    )
