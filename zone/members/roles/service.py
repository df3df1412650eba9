"""Grant and revoke service roles; at least one administrator always stays. Never commits."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.i18n import translate
from zone.core.identity import SERVICE_ROLES, Actor, Permission, Role
from zone.core.mail import service as mail
from zone.core.service_profile.queries import service_name
from zone.members.passwords import service as passwords
from zone.members.passwords.service import EndedAccess
from zone.members.people import queries as people_queries
from zone.members.people.models import Member
from zone.members.people.rules import VIEW_MEMBER
from zone.members.people.service import audit_member, create_member
from zone.members.roles import queries, rules
from zone.members.roles.errors import LAST_ADMIN, ROLE_ADMIN_ONLY, ROLE_UNKNOWN
from zone.members.roles.models import RoleGrant
from zone.members.sign_in_sessions import service as sign_in_sessions


def grant_role(session: Session, member_id: int, role: str, now: datetime) -> None:
    """Add a service role of a person, without an audit row; one that they hold stays as it is.

    Raises:
        DomainError: role_unknown.
    """
    if role not in SERVICE_ROLES:
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


@dataclass(frozen=True, slots=True)
class CreatedAdmin:
    """What `create_admin` did: `is_new` account, `was_admin` before, and what ended."""

    member: Member
    is_new: bool
    was_admin: bool
    ended: EndedAccess


def create_admin(
    session: Session, *, email: str, name: str, password: str, now: datetime, language: str = "fi"
) -> CreatedAdmin:
    """Create an administrator with a password; an existing account gets the role and the password.

    What the earlier password opened ends, the person and the other administrators are told by
    mail, and all of it is audited. Name and language of an existing account stay.

    Raises:
        DomainError: email_invalid, password_weak, password_guessable.
    """
    known = people_queries.member_by_email(session, email)
    member = known or create_member(session, email=email, name=name, language=language, now=now)
    was_admin = Role.ADMIN in queries.service_roles(session, member.id)
    hashed = passwords.hash_new_password(
        password, name=member.name or name, email=member.email, service=service_name(session)
    )
    grant_role(session, member.id, Role.ADMIN, now)
    ended = passwords.replace_password(session, member.id, hashed, now)
    done = CreatedAdmin(member, is_new=known is None, was_admin=was_admin, ended=ended)
    audit_member(
        session,
        "admin.create",
        member,
        None,
        now,
        before={"account": not done.is_new, "admin": was_admin},
        after={
            "admin": True,
            "password": "set",
            "sessions_ended": ended.sessions,
            "tokens_revoked": ended.tokens,
        },
    )
    if not done.is_new:
        passwords.post_password_notice(session, member, now)
    if not was_admin:
        _post_role_mails(session, member, Role.ADMIN, "given", None, None, now)
    return done


def reset_password(session: Session, *, email: str, password: str, now: datetime) -> EndedAccess:
    """Set a new password for somebody who works here, audit it and tell them by mail.

    Raises:
        DomainError: not_found: nobody with that address holds a service role; password_weak,
            password_guessable.
    """
    member = people_queries.member_by_email(session, email)
    if member is None or not queries.service_roles(session, member.id):
        raise DomainError(NOT_FOUND)
    hashed = passwords.hash_new_password(
        password, name=member.name, email=member.email, service=service_name(session)
    )
    ended = passwords.replace_password(session, member.id, hashed, now)
    after = {"sessions_ended": ended.sessions, "tokens_revoked": ended.tokens}
    audit_member(session, "password.reset", member, None, now, after=after)
    passwords.post_password_notice(session, member, now)
    return ended


def give_role(
    session: Session, member: uuid.UUID, *, role: str, reason: str, actor: Actor, now: datetime
) -> Member:
    """Give a person a service role, audit it, and tell them and the administrators by mail.

    A role that they hold stays as it is, and only the look at them is on record.

    Raises:
        DomainError: forbidden, not_found, role_unknown, role_admin_only, not_for_yourself.
    """
    _check_grant(actor, role)
    person = people_queries.member_by_public_id(session, member)
    actor.require_other(person.id)
    if role in queries.service_roles(session, person.id):
        audit_member(session, VIEW_MEMBER, person, actor.id, now)  # the answer names them
        return person
    grant_role(session, person.id, role, now)
    audit_member(session, "role.give", person, actor.id, now, after={"role": role}, reason=reason)
    _post_role_mails(session, person, role, "given", actor, reason, now)
    return person


def take_role(
    session: Session, member: uuid.UUID, *, role: str, reason: str, actor: Actor, now: datetime
) -> Member:
    """Take a service role away, sign its holder out everywhere, audit it, and tell by mail.

    One may give up a role of one's own.

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
    _post_role_mails(session, person, role, "taken", actor, reason, now)
    return person


def _post_role_mails(
    session: Session,
    person: Member,
    role: str,
    change: str,
    actor: Actor | None,
    reason: str | None,
    now: datetime,
) -> None:
    """Tell the person, and the administrators besides them, who gave or took a role and why.

    `change` is given or taken; without an actor it was the operator.
    """
    by = None if actor is None else people_queries.member_by_id(session, actor.id)
    for reader in (person, *queries.other_admins(session, person.id)):
        subject = "role" if reader is person else "role_of_other"
        mail.post(
            session,
            to=reader.email,
            template=f"members/{subject}_{change}",
            language=reader.language,
            params={
                "name": reader.name,
                "person": f"{person.name} ({person.email})".strip(),
                "role": translate(rules.ROLE_NAMES[role], reader.language),
                "by": translate(rules.OPERATOR, reader.language)
                if by is None
                else by.name or by.email,
                "reason": reason or "–",
            },
            now=now,
        )


def _check_grant(actor: Actor, role: str) -> None:
    actor.require(Permission.ROLES_WRITE)
    if not rules.may_grant(actor, role):
        raise DomainError(ROLE_ADMIN_ONLY)
