"""Grant and revoke service roles; at least one administrator always stays. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.members.people import queries as people_queries
from zone.members.people.models import Member
from zone.members.people.service import audit_member, create_member
from zone.members.roles import queries, rules
from zone.members.roles.errors import LAST_ADMIN, ROLE_ADMIN_ONLY, ROLE_UNKNOWN
from zone.members.roles.models import RoleGrant
from zone.members.sign_in import service as sign_in
from zone.members.sign_in_sessions import service as sign_in_sessions


def grant_role(session: Session, member_id: int, role: str, now: datetime) -> None:
    """Add a service role of a person, without an audit row; one that they hold stays as it is.

    Raises:
        DomainError: role_unknown.
    """
    if role not in rules.SERVICE_ROLES:
        raise DomainError(ROLE_UNKNOWN)
    if role not in queries.service_roles(session, member_id):
        session.add(RoleGrant(member_id=member_id, role=role, granted_at=now))
        session.flush()


def revoke_role(session: Session, member_id: int, role: str, now: datetime) -> None:
    """End a service role of a person at `now`, without an audit row.

    Raises:
        DomainError: not_found: the person does not hold it; last_admin.
    """
    # `<=`: this person is the only administrator, or there is none at all.
    if role == "admin" and live_admins(session) <= {member_id}:
        raise DomainError(
            LAST_ADMIN if role in queries.service_roles(session, member_id) else NOT_FOUND
        )
    grant = session.scalar(
        select(RoleGrant)
        .where(
            RoleGrant.member_id == member_id, RoleGrant.role == role, RoleGrant.revoked_at.is_(None)
        )
        # Of two who revoke it at once, the second finds it revoked.
        .with_for_update()
    )
    if grant is None:
        raise DomainError(NOT_FOUND)
    grant.revoked_at = now
    session.flush()


def live_admins(session: Session) -> set[int]:
    """Return the administrators, their grants locked until the transaction ends."""
    grants = select(RoleGrant.member_id).where(
        RoleGrant.role == "admin", RoleGrant.revoked_at.is_(None)
    )
    # Without the lock two administrators who take the role from each other at once both succeed,
    # and none is left. Locked in the order of id, so that they cannot deadlock.
    return set(session.scalars(grants.order_by(RoleGrant.id).with_for_update()))


def create_admin(
    session: Session, *, email: str, name: str, password: str, now: datetime
) -> Member:
    """Create an administrator with a password; an existing account gets the role and the password.

    Raises:
        DomainError: email_invalid, password_weak.
    """
    member = people_queries.member_by_email(session, email) or create_member(
        session, email=email, name=name, language="fi", now=now
    )
    grant_role(session, member.id, "admin", now)
    sign_in.set_password(session, member.id, password, now)
    # Sessions begun with the old password must end: it may be known to others.
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
    """Give a person a service role, and audit it; one that they hold stays as it is.

    Raises:
        DomainError: forbidden, not_found, role_unknown, role_admin_only.
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
    """Take a service role away, sign its holder out everywhere, and audit it.

    Raises:
        DomainError: forbidden, role_admin_only, last_admin; not_found: no such person, or they do
            not hold it.
    """
    _check_grant(actor, role)
    person = people_queries.member_by_public_id(session, member)
    revoke_role(session, person.id, role, now)
    # Without a service role a session lives 30 days instead of 12 hours: one that had expired would
    # be valid again.
    sign_in_sessions.end_all_sessions(session, person.id, now)
    audit_member(session, "role.take", person, actor.id, now, before={"role": role}, reason=reason)
    return person


def _check_grant(actor: Actor, role: str) -> None:
    actor.require(Permission.ROLES_WRITE)
    if not rules.may_grant(actor, role):
        raise DomainError(ROLE_ADMIN_ONLY)
