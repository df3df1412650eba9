"""Sign-in codes sent by e-mail, and passwords of staff accounts. Never commits.

A code proves that one reads the address's mail; the first sign-in creates the person. A known and
an unknown address get the same answer and the same mail: nobody can test who is a member.
Passwords are for staff accounts, for when mail does not work.
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

HASHER: Final = PasswordHasher()
"""argon2id with the parameters of RFC 9106 for limited memory."""

DIGITS: Final = 6
_CODE: Final = re.compile(rf"\d{{{DIGITS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AttemptedCode:
    """The code for which an attempt was counted."""

    id: int
    digest: bytes


def send_code(session: Session, *, email: str, language: str, now: datetime, secret: bytes) -> None:
    """Send a new code to an address; earlier ones are void.

    Raises:
        DomainError: email_invalid.
    """
    address = people_rules.normalize_email(email)
    member = people_queries.member_by_email(session, address)
    code = f"{randbelow(10**DIGITS):0{DIGITS}}"
    session.add(
        SignInCode(email=address, digest=code_digest(secret, address, code), created_at=now)
    )
    mail.post(
        session,
        to=address,
        template="members/sign_in_code",
        language=member.language if member else language,
        params={"code": code, "minutes": rules.CODE_LIFE.seconds // 60},
        now=now,
        not_after=now + rules.CODE_LIFE,  # a late mail would bring a code that no longer works
    )


def code_digest(secret: bytes, email: str, code: str) -> bytes:
    """Return the digest of a code that the database stores."""
    # Keyed: of a bare hash all million codes are tried in a second.
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
    """Return the member whom the code signs in, created if new; None: wrong, expired or used.

    `secrets` are those in force, so that a code sent just before a rotation still works.

    Raises:
        DomainError: email_invalid.
    """
    # None instead of an exception: a wrong attempt must be committed to count.
    address, typed = people_rules.normalize_email(email), re.sub(r"[\s-]", "", code)
    # Not counted: it cannot be a code, so it costs none of the five tries.
    if not _CODE.fullmatch(typed):
        return None
    attempted = count_attempt(session, address, now)
    if attempted is None or not any(
        hmac.compare_digest(attempted.digest, code_digest(secret, address, typed))
        for secret in secrets
    ):
        return None
    session.execute(update(SignInCode).where(SignInCode.id == attempted.id).values(used_at=now))
    member = people_queries.member_by_email(session, address)
    return (
        member or people.create_member(session, email=address, name="", language=language, now=now)
    ).id


def count_attempt(session: Session, email: str, now: datetime) -> AttemptedCode | None:
    """Count an attempt at the address's newest code while it is valid; None: it is not.

    Valid is unused, less than `CODE_LIFE` old and tried less than `MOST_TRIES` times.
    """
    # One conditional UPDATE: of two requests with the right code the second waits here for the
    # first one's commit and then finds the code used.
    # Not the newest valid one: asking for a new code ends the earlier ones.
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
    """Void every code that was sent, as after a restore."""
    # The backup may be older than attempts at a code, which would be possible once more.
    session.execute(update(SignInCode).where(SignInCode.used_at.is_(None)).values(used_at=now))


def set_password(session: Session, member_id: int, password: str, now: datetime) -> None:
    """Set the password of a staff account.

    Raises:
        DomainError: password_weak.
    """
    if len(password) < rules.LEAST_PASSWORD:
        raise DomainError(PASSWORD_WEAK, params={"least": rules.LEAST_PASSWORD})
    session.merge(StaffPassword(member_id=member_id, hash=HASHER.hash(password), changed_at=now))
    session.flush()


def check_password(session: Session, *, email: str, password: str) -> int | None:
    """Return the member with that address and password, or None."""
    row = session.execute(
        select(StaffPassword.member_id, StaffPassword.hash)
        .join(Member, Member.id == StaffPassword.member_id)
        .where(Member.email == normal_email(email))
    ).first()
    # An unknown address verifies a random hash: it takes as long as a known one.
    matches = _verify(row.hash if row else _random_hash(), password)
    return row.member_id if row and matches else None


def _verify(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except VerifyMismatchError:
        return False


@cache
def _random_hash() -> str:
    return HASHER.hash(new_secret())


def delete_expired_codes(session: Session, now: datetime) -> int:
    """Delete the codes older than `CODE_LIFE`; return how many."""
    expired = (
        delete(SignInCode)
        .where(SignInCode.created_at < now - rules.CODE_LIFE)
        .returning(SignInCode.id)
    )
    return len(session.scalars(expired).all())
