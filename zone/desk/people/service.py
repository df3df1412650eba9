"""What the desk does for a person: each in one transaction with its audit row. Never commits."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.access.check_in.service import CheckIn
from zone.access.check_in.service import check_in as let_in
from zone.access.credentials import queries as credentials_queries
from zone.access.credentials import service as credentials
from zone.access.credentials.service import replace_phone as take_phones_away
from zone.core.audit import service as audit
from zone.core.audit.service import AuditValues, record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.mail import service as mail
from zone.desk.people.errors import OVERRIDE_BY_MANAGER
from zone.desk.people.queries import PersonRecord, person_record
from zone.members.people import queries as people_queries
from zone.members.people.models import Member
from zone.members.people.queries import member_by_public_id
from zone.members.people.service import MEMBER_VIEW, lock_member


def revoke_device(
    session: Session, person: uuid.UUID, kid: bytes, *, reason: str, actor_id: int, now: datetime
) -> None:
    """Take the pass off one phone; of two who do it at once, one has done it.

    Raises:
        DomainError: not_found.
    """
    member = lock_member(session, person)
    live = [key for key in credentials_queries.live_keys(session, member.id) if key.kid == kid]
    credentials.revoke_key(session, member.id, kid, now)
    if live:
        before = {"device": kid.hex(), "label": live[0].label}
        audit_person(session, "device.revoke", person, actor_id, now, before=before, reason=reason)


def replace_phone(
    session: Session, person: uuid.UUID, *, reason: str, actor_id: int, now: datetime
) -> int:
    """Take a lost phone away: all keys and sign-ins end, a new phone may be set up at once, and the person is told.

    Returns how many keys were revoked.

    Raises:
        DomainError: not_found.
    """
    member = member_by_public_id(session, person)
    keys = take_phones_away(session, member.id, actor_id=actor_id, now=now)
    audit_person(
        session,
        "phone.replace",
        person,
        actor_id,
        now,
        before={"devices": keys},
        after={"devices": 0},
        reason=reason,
    )
    mail.post(
        session,
        to=member.email,
        template="desk/phone_replaced",
        language=member.language,
        params={"name": member.name},
        now=now,
    )
    return keys


def check_in(
    session: Session,
    person: uuid.UUID,
    *,
    door: uuid.UUID,
    override: str | None,
    actor: Actor,
    now: datetime,
) -> CheckIn:
    """Let a person in without a phone; `override` is the reason to do so against the rule, for managers only.

    A refusal is an answer, and on record too.

    Raises:
        DomainError: not_found (person or door), override_by_manager, never_overridden.
    """
    if override and not actor.may(Permission.CHECK_IN_OVERRIDE):
        raise DomainError(OVERRIDE_BY_MANAGER)
    member = member_by_public_id(session, person)
    outcome = let_in(session, door, member.id, override=bool(override), now=now)
    after = {
        "door": door,
        "granted": outcome.granted,
        "reason": outcome.reason.value,
        "overridden": outcome.overridden,
        "again": outcome.again,
    }
    audit_person(
        session,
        "desk.check_in",
        person,
        actor.id,
        now,
        after=after,
        reason=override if outcome.overridden else None,
    )
    return outcome


def audit_person(
    session: Session,
    action: str,
    person: uuid.UUID,
    actor_id: int,
    now: datetime,
    *,
    before: AuditValues = None,
    after: AuditValues = None,
    reason: str | None = None,
) -> None:
    given: dict[str, Any] = {"before": before, "after": after, "reason": reason}
    record_action(
        session,
        actor_id=actor_id,
        action=action,
        object_kind="member",
        object_id=person,
        now=now,
        **given,
    )


def open_record(
    session: Session, person: uuid.UUID, *, actor_id: int, language: str, now: datetime
) -> PersonRecord:
    """Return a person's record, and leave an audit row of who opened it.

    Raises:
        DomainError: not_found.
    """
    member = view_person(session, person, actor_id=actor_id, now=now)
    return person_record(session, member, language=language, now=now)


def view_person(session: Session, person: uuid.UUID, *, actor_id: int, now: datetime) -> Member:
    """The person, and the audit row of who looked at them.

    Raises:
        DomainError: not_found.
    """
    member = people_queries.member_by_public_id(session, person)
    audit.record_action(
        session,
        actor_id=actor_id,
        action=MEMBER_VIEW,
        object_kind="member",
        object_id=person,
        now=now,
    )
    return member
