"""Suspend members, and lift suspensions. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.members.people import queries as people_queries
from zone.members.people.service import audit_member
from zone.members.roster_marks.service import mark_roster
from zone.members.suspensions.errors import ENDS_TOO_EARLY
from zone.members.suspensions.models import Suspension


def suspend_member(
    session: Session,
    actor: Actor,
    member: uuid.UUID,
    *,
    reason: str,
    ends_at: datetime | None,
    now: datetime,
) -> Suspension:
    """Suspend a member until `ends_at`, or until it is lifted, and audit it.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself, ends_too_early.
    """
    actor.require(Permission.SUSPENSIONS_WRITE)
    person = people_queries.member_by_public_id(session, member)
    actor.require_other(person.id)
    suspension = add_suspension(
        session, person.id, reason=reason, ends_at=ends_at, now=now, recorded_by=actor.id
    )
    after = {"ends_at": ends_at}
    audit_member(session, "member.suspend", person, actor.id, now, after=after, reason=reason)
    return suspension


def lift_suspension(
    session: Session,
    actor: Actor,
    suspension: uuid.UUID,
    *,
    now: datetime,
    member: uuid.UUID | None = None,
    reason: str | None = None,
) -> None:
    """End a suspension early, and audit it; where `member` is given, only a suspension of theirs.

    Doing it again changes nothing.

    Raises:
        DomainError: forbidden, not_for_yourself; not_found: there is none, or it is another
            member's.
    """
    actor.require(Permission.SUSPENSIONS_WRITE)
    lifted, is_new = end_suspension(session, suspension, now)
    person = people_queries.member_by_id(session, lifted.member_id)
    # After the change: an error rolls it back.
    if member not in (None, person.public_id):
        raise DomainError(NOT_FOUND)
    actor.require_other(person.id)
    if not is_new:
        return
    before = {"suspension": suspension}
    audit_member(session, "suspension.lift", person, actor.id, now, before=before, reason=reason)


def add_suspension(
    session: Session,
    member_id: int,
    *,
    reason: str,
    ends_at: datetime | None,
    now: datetime,
    recorded_by: int,
) -> Suspension:
    """Add a suspension from `now` on, without an audit row.

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


def end_suspension(
    session: Session, suspension: uuid.UUID, now: datetime
) -> tuple[Suspension, bool]:
    """End a suspension at `now`, without an audit row; return it, and whether it was not lifted.

    One that was lifted keeps its first time.

    Raises:
        DomainError: not_found.
    """
    # The lock: of two who lift it at once the second finds it lifted.
    found = select(Suspension).where(Suspension.public_id == suspension).with_for_update()
    lifted = session.scalar(found)
    if lifted is None:
        raise DomainError(NOT_FOUND)
    # The second tap on the button must not move the end.
    is_new = lifted.lifted_at is None
    if is_new:
        lifted.lifted_at = now
        session.flush()
        mark_roster(session, [lifted.member_id], now)
    return lifted, is_new
