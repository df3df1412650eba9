"""Sign-in codes sent by e-mail, and passwords of staff accounts. Never commits.

Whoever reads the mail is the person; the first sign-in creates them. A known and an unknown
address get the same answer and the same mail, so nobody learns who is a customer. Passwords
are for staff, for when mail is down; students have none.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from secrets import randbelow
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.ids import new_secret
from zone.core.mail import service as mail
from zone.core.text import normal_email
from zone.members.people import queries as people_queries
from zone.members.people import rules as people_rules
from zone.members.people import service as people
from zone.members.people.models import Member
from zone.members.sign_in import rules
from zone.members.sign_in.errors import PASSWORD_WEAK
from zone.members.sign_in.models import SignInCode, StaffPassword

DIGITS: Final = 6
_CODE: Final = re.compile(rf"\d{{{DIGITS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AttemptedCode:
    """A code at which a try was just counted."""

    id: int
    digest: bytes


def send_code(session: Session, *, email: str, language: str, now: datetime, secret: bytes) -> None:
    """Send a fresh code to an address; the ones before it are worth nothing any more.

    Raises:
        DomainError: email_invalid.
    """
    to = people_rules.normalize_email(email)
    member = people_queries.member_by_email(session, to)
    code = f"{randbelow(10**DIGITS):0{DIGITS}}"
    session.add(SignInCode(email=to, digest=code_digest(secret, to, code), created_at=now))
    mail.post(
        session,
        to=to,
        template="members/sign_in_code",
        language=member.language if member else language,
        params={"code": code, "minutes": rules.CODE_LIFE.seconds // 60},
        now=now,
        not_after=now + rules.CODE_LIFE,
    )


def code_digest(secret: bytes, email: str, code: str) -> bytes:
    """What the database keeps of a code. Keyed: a bare hash of six digits is found in a second."""
    return hmac.new(secret, f"zone-code-1\0{email}\0{code}".encode(), hashlib.sha256).digest()


def redeem_code(
    session: Session,
    *,
    email: str,
    code: str,
    language: str,
    now: datetime,
    secrets: Sequence[bytes],
) -> int | None:
    """The person whom the code signs in, made new if the address is; None when the code is wrong, old or used.

    `secrets` are those in force: a code that was sent just before a rotation still signs in.
    Returns a refusal instead of raising it, since a wrong try must be committed to count.

    Raises:
        DomainError: email_invalid.
    """
    to, typed = people_rules.normalize_email(email), re.sub(r"[\s-]", "", code)
    if not _CODE.fullmatch(typed):
        return None
    counted = count_attempt(session, to, now)
    if counted is None or not any(
        hmac.compare_digest(counted.digest, code_digest(one, to, typed)) for one in secrets
    ):
        return None
    session.execute(update(SignInCode).where(SignInCode.id == counted.id).values(used_at=now))
    member = people_queries.member_by_email(session, to)
    return (
        member or people.create_member(session, email=to, name="", language=language, now=now)
    ).id


def count_attempt(session: Session, email: str, now: datetime) -> AttemptedCode | None:
    """Count a try at the address's newest code while it lives: unused, young, fewer than five tries.

    One conditional UPDATE: of two who come with the right code at once, the second waits here and finds it used.
    """
    newest = select(func.max(SignInCode.id)).where(SignInCode.email == email).scalar_subquery()
    row = session.execute(
        update(SignInCode)
        .where(
            SignInCode.id == newest,
            SignInCode.used_at.is_(None),
            SignInCode.tries < rules.MOST_TRIES,
            SignInCode.created_at > now - rules.CODE_LIFE,
        )
        .values(tries=SignInCode.tries + 1)
        .returning(SignInCode.id, SignInCode.digest)
    ).first()
    return None if row is None else AttemptedCode(row.id, row.digest)


def void_codes(session: Session, now: datetime) -> None:
    """Make every code that was sent worth nothing, as after a restore: tries made at it may have been forgotten."""
    session.execute(update(SignInCode).where(SignInCode.used_at.is_(None)).values(used_at=now))


HASHER: Final = PasswordHasher()
"""argon2id with the parameters of RFC 9106 for limited memory."""


def set_password(session: Session, member_id: int, password: str, now: datetime) -> None:
    """Give a staff account a password, or another one.

    Raises:
        DomainError: password_weak.
    """
    if len(password) < rules.LEAST_PASSWORD:
        raise DomainError(PASSWORD_WEAK, params={"least": rules.LEAST_PASSWORD})
    session.merge(StaffPassword(member_id=member_id, hash=HASHER.hash(password), changed_at=now))
    session.flush()


def check_password(session: Session, *, email: str, password: str) -> int | None:
    """The person with that address and password, or None. An unknown address costs the same time as a known one."""
    row = session.execute(
        select(StaffPassword.member_id, StaffPassword.hash)
        .join(Member, Member.id == StaffPassword.member_id)
        .where(Member.email == normal_email(email))
    ).first()
    fits = _verify(row.hash if row else _nobodys_hash(), password)
    return row.member_id if row and fits else None


def _verify(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except VerifyMismatchError:
        return False


@cache
def _nobodys_hash() -> str:
    return HASHER.hash(new_secret())


def delete_expired_codes(session: Session, now: datetime) -> int:
    """Delete the codes that are too old to sign in with; returns how many."""
    spent = (
        delete(SignInCode)
        .where(SignInCode.created_at < now - rules.CODE_LIFE)
        .returning(SignInCode.id)
    )
    return len(session.scalars(spent).all())
