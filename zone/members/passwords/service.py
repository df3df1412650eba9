"""Check and set the passwords of staff. Never commits."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_secret
from zone.core.mail import service as mail
from zone.core.text import normal_email
from zone.members.passwords import queries, rules
from zone.members.passwords.errors import CURRENT_PASSWORD_WRONG, PASSWORD_LONG
from zone.members.passwords.models import StaffPassword
from zone.members.people.models import Member
from zone.members.people.service import audit_member, lock_member, lock_members
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.tokens import service as tokens

HASHER: Final = PasswordHasher()
"""argon2id with the parameters of RFC 9106 for limited memory."""


@dataclass(frozen=True, slots=True)
class EndedAccess:
    """What ended with an old password: how many sign-in sessions and API tokens."""

    sessions: int
    tokens: int


def hash_new_password(password: str, *, name: str, email: str, service: str) -> str:
    """Return the hash of a new password of the person with that name and address.

    `service` is the name that the service has given itself. Takes long on purpose, so call it
    outside of a transaction that writes.

    Raises:
        DomainError: password_weak, password_long, password_guessable.
    """
    password = _composed(password)
    refusal = rules.refusal_of(password, queries.common_passwords(), (name, email, service))
    if refusal is not None:
        is_long = refusal is PASSWORD_LONG
        limit = {"most": rules.MOST_PASSWORD} if is_long else {"least": rules.LEAST_PASSWORD}
        raise DomainError(refusal, params=limit)
    return HASHER.hash(password)


def _composed(password: str) -> str:
    # A keyboard sends ä as one character or as two, by its system (NIST SP 800-63B, 5.1.1.2). Not
    # NFKC: everything else stays as it was typed.
    return unicodedata.normalize("NFC", password)


def replace_password(
    session: Session,
    member_id: int,
    password_hash: str,
    now: datetime,
    *,
    kept_session: int | None = None,
) -> EndedAccess:
    """Store a new password, and end what the old one opened: sign-in sessions and API tokens.

    `kept_session` is the session in which the person changes it.
    """
    # Who is just signing in, making a token or changing the password waits, and finds it replaced.
    lock_members(session, [member_id])
    # Whoever knew the old password may have signed in, and may have made tokens.
    session.merge(StaffPassword(member_id=member_id, hash=password_hash, changed_at=now))
    session.flush()
    return EndedAccess(
        sign_in_sessions.end_all_sessions(session, member_id, now, kept=kept_session),
        tokens.revoke_tokens_of(session, member_id, now),
    )


def change_own_password(
    session: Session,
    actor: Actor,
    password_hash: str,
    now: datetime,
    *,
    replaced_hash: str | None,
) -> EndedAccess:
    """Store the actor's new password, audit it and tell them by mail.

    `replaced_hash` is the hash that was checked before; None: they had no password.

    Raises:
        DomainError: forbidden; current_password_wrong: it was changed meanwhile.
    """
    actor.require(Permission.PASSWORD_WRITE)
    member = lock_member(session, actor.public_id)  # of two changes at once the second is refused
    if queries.password_hash(session, actor.id) != replaced_hash:
        raise DomainError(CURRENT_PASSWORD_WRONG)
    ended = replace_password(session, actor.id, password_hash, now, kept_session=actor.session_id)
    audit_member(
        session,
        "password.change",
        member,
        actor.id,
        now,
        before={"password": replaced_hash is not None},
        after={"sessions_ended": ended.sessions, "tokens_revoked": ended.tokens},
    )
    post_password_notice(session, member, now)
    return ended


def post_password_notice(session: Session, member: Member, now: datetime) -> None:
    """Tell a person by mail that their password was set or changed."""
    mail.post(
        session,
        to=member.email,
        template="members/password_changed",
        language=member.language,
        params={"name": member.name},
        now=now,
    )


def check_password(session: Session, *, email: str, password: str) -> tuple[int, str] | None:
    """Return the member with that address and password, with the stored hash; or None."""
    row = session.execute(
        select(StaffPassword.member_id, StaffPassword.hash)
        .join(Member, Member.id == StaffPassword.member_id)
        .where(Member.email == normal_email(email))
    ).first()
    # An unknown address verifies a random hash: it takes as long as a known one.
    matches = verify(row.hash if row else _random_hash(), password)
    return (row.member_id, row.hash) if row and matches else None


def lock_password(session: Session, member_id: int, password_hash: str) -> bool:
    """Lock a person; return whether their password is still the one that was checked."""
    lock_members(session, [member_id])
    return queries.password_hash(session, member_id) == password_hash


def verify(hashed: str, password: str) -> bool:
    """Whether a hash is that of a password; takes long on purpose."""
    # As typed too: passwords from before were hashed so.
    return any(_is_hash_of(hashed, form) for form in {_composed(password), password})


def _is_hash_of(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except VerifyMismatchError:
        return False


@cache
def _random_hash() -> str:
    return HASHER.hash(new_secret())
