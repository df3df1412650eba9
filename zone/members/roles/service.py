"""Grant and revoke service roles; at least one administrator always stays. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor
from zone.members.people import queries as people_queries
from zone.members.people.models import Member
from zone.members.people.service import audit_member, create_member
from zone.members.roles import queries, rules
from zone.members.roles.errors import LAST_ADMIN, ROLE_ADMIN_ONLY, ROLE_UNKNOWN
from zone.members.roles.models import RoleGrant
from zone.members.sign_in import service as sign_in
from zone.members.sign_in_sessions import service as sign_in_sessions


def grant_role(session: Session, member_id: int, role: str, now: datetime) -> None:
    """Give a person a service role; one that they hold already stays as it is.

    Raises:
        DomainError: role_unknown.
    """
    if role not in rules.SERVICE_ROLES:
        raise DomainError(ROLE_UNKNOWN)
    if role not in queries.service_roles(session, member_id):
        session.add(RoleGrant(member_id=member_id, role=role, granted_at=now))
        session.flush()


def revoke_role(session: Session, member_id: int, role: str, now: datetime) -> None:
    """Take a service role away, from this moment on.

    Raises:
        DomainError: not_found: the person does not hold it; last_admin: nobody would be left to give roles.
    """
    if role == "admin" and live_admins(session) <= {member_id}:
        raise DomainError(
            LAST_ADMIN if role in queries.service_roles(session, member_id) else NOT_FOUND
        )
    taken = session.execute(
        update(RoleGrant)
        .where(
            RoleGrant.member_id == member_id, RoleGrant.role == role, RoleGrant.revoked_at.is_(None)
        )
        .values(revoked_at=now)
        .returning(RoleGrant.id)
    )
    if taken.first() is None:
        raise DomainError(NOT_FOUND)


def live_admins(session: Session) -> set[int]:
    """The administrators, held until the transaction ends.

    Of two who take the role from each other at once, the second waits here and then sees what is left. On SQLite one
    writes at a time anyway.
    """
    held = select(RoleGrant.member_id).where(
        RoleGrant.role == "admin", RoleGrant.revoked_at.is_(None)
    )
    return set(session.scalars(held.order_by(RoleGrant.id).with_for_update()))


def create_admin(
    session: Session, *, email: str, name: str, password: str, now: datetime
) -> Member:
    """An administrator with a password; who has an account already becomes one, and gets the new password.

    Raises:
        DomainError: email_invalid, password_weak.
    """
    member = people_queries.member_by_email(session, email) or create_member(
        session, email=email, name=name, language="fi", now=now
    )
    grant_role(session, member.id, "admin", now)
    sign_in.set_password(session, member.id, password, now)
    sign_in_sessions.end_all_sessions(session, member.id, now)
    record_action(
        session,
        actor_id=None,
        action="admin.create",
        object_kind="member",
        object_id=member.public_id,
        now=now,
    )
    return member


def give_role(
    session: Session, member: uuid.UUID, *, role: str, reason: str, actor: Actor, now: datetime
) -> Member:
    """Give a person a service role; one that they hold already stays as it is.

    Raises:
        DomainError: not_found, role_unknown, role_admin_only.
    """
    _check_grant(actor, role)
    person = people_queries.member_by_public_id(session, member)
    if role in queries.service_roles(session, person.id):
        return person
    grant_role(session, person.id, role, now)
    audit_member(session, "role.give", person, actor.id, now, after={"role": role}, reason=reason)
    return person


def take_role(
    session: Session, member: uuid.UUID, *, role: str, reason: str, actor: Actor, now: datetime
) -> Member:
    """Take a service role away and sign its holder out everywhere.

    Raises:
        DomainError: not_found: no such person, or they do not hold it; role_admin_only, last_admin.
    """
    _check_grant(actor, role)
    person = people_queries.member_by_public_id(session, member)
    revoke_role(session, person.id, role, now)
    sign_in_sessions.end_all_sessions(session, person.id, now)
    audit_member(session, "role.take", person, actor.id, now, before={"role": role}, reason=reason)
    return person


def _check_grant(actor: Actor, role: str) -> None:
    if not rules.may_grant(actor, role):
        raise DomainError(ROLE_ADMIN_ONLY)
