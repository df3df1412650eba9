"""What staff at the desk do for a person, audited. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from zone.access.check_in import service as check_ins
from zone.access.check_in.context import person_at_door
from zone.access.check_in.service import CheckIn
from zone.access.credentials import queries as credentials_queries
from zone.access.credentials import service as credentials
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.desk.people.errors import OVERRIDE_BY_MANAGER
from zone.desk.people.queries import PersonRecord, person_record
from zone.members.people.queries import member_by_public_id
from zone.members.people.service import audit_member, audit_person, lock_member, view_member


def open_record(
    session: Session, actor: Actor, person: uuid.UUID, *, language: str, now: datetime
) -> PersonRecord:
    """Return a person's record, and audit who opened it.

    Raises:
        DomainError: forbidden, not_found.
    """
    member = view_member(session, actor, person, now)
    return person_record(session, member, language=language, now=now)


def revoke_device(
    session: Session, actor: Actor, person: uuid.UUID, kid: bytes, *, reason: str, now: datetime
) -> None:
    """Revoke the key in one phone; revoking it again changes nothing.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself.
    """
    actor.require(Permission.DESK_USE)
    actor.require_other(member_by_public_id(session, person).id)
    member = lock_member(session, person)  # of two desks at once only the first finds a live key
    live = [key for key in credentials_queries.live_keys(session, member.id) if key.kid == kid]
    credentials.revoke_key(session, member.id, kid, now)
    if live:
        before = {"device": kid.hex(), "label": live[0].label}
        audit_member(session, "device.revoke", member, actor.id, now, before=before, reason=reason)


def check_in(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    *,
    door: uuid.UUID,
    override: str | None,
    now: datetime,
) -> CheckIn:
    """Let a person in without a phone, or refuse; both are audited.

    `override` is the reason to let them in against the rule, for managers only.

    Raises:
        DomainError: forbidden, not_found (person or door), not_for_yourself, override_by_manager,
            never_overridden.
    """
    if override and not actor.may(Permission.CHECK_IN_OVERRIDE):
        raise DomainError(OVERRIDE_BY_MANAGER)
    asked = person_at_door(session.connection(), person, door, now)
    actor.require(Permission.DESK_USE, campus=asked.campus_id)
    actor.require_other(asked.member_id)
    check_in = check_ins.check_in(session, asked, override=bool(override), now=now)
    after = {
        "door": door,
        "granted": check_in.granted,
        "reason": check_in.reason.value,
        "overridden": check_in.overridden,
        "again": check_in.again,
    }
    # Not needed after all, the reason for an override stays out of the audit.
    reason = override if check_in.overridden else None
    audit_person(session, "desk.check_in", person, actor.id, now, after=after, reason=reason)
    return check_in
