"""Signing in by a code that is sent to an address. Whoever reads that mail is the person; the first time makes them.

A known and an unknown address get the same answer and the same mail, so nobody learns who is a customer.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import randbelow
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from zone import outbox
from zone.members import queries, rules, service
from zone.members.models import SignInCode

DIGITS: Final = 6
_CODE: Final = re.compile(rf"\d{{{DIGITS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Counted:
    """A code at which a try was just counted."""

    id: int
    digest: bytes


def send_code(session: Session, *, email: str, language: str, now: datetime, secret: bytes) -> None:
    """Send a fresh code to an address; the ones before it are worth nothing any more.

    Raises:
        DomainError: email_invalid.
    """
    to = service.address(email)
    member = queries.member_by_email(session, to)
    code = f"{randbelow(10**DIGITS):0{DIGITS}}"
    session.add(SignInCode(email=to, digest=digest_of(secret, to, code), created_at=now))
    outbox.post(
        session,
        to=to,
        template="members/sign_in_code",
        language=member.language if member else language,
        params={"code": code, "minutes": rules.CODE_LIFE.seconds // 60},
        now=now,
        not_after=now + rules.CODE_LIFE,
    )


def digest_of(secret: bytes, email: str, code: str) -> bytes:
    """What the database keeps of a code. Keyed: a bare hash of six digits is found in a second."""
    return hmac.new(secret, f"zone-code-1\0{email}\0{code}".encode(), hashlib.sha256).digest()


def redeem(
    session: Session, *, email: str, code: str, language: str, now: datetime, secrets: Sequence[bytes]
) -> int | None:
    """The person whom the code signs in, made new if the address is; None when the code is wrong, old or used.

    `secrets` are those in force: a code that was sent just before a rotation still signs in.
    Returns a refusal instead of raising it, since a wrong try must be committed to count.

    Raises:
        DomainError: email_invalid.
    """
    to, typed = service.address(email), re.sub(r"[\s-]", "", code)
    if not _CODE.fullmatch(typed):
        return None
    counted = count_try(session, to, now)
    if counted is None or not any(hmac.compare_digest(counted.digest, digest_of(one, to, typed)) for one in secrets):
        return None
    session.execute(update(SignInCode).where(SignInCode.id == counted.id).values(used_at=now))
    member = queries.member_by_email(session, to)
    return (member or service.create_member(session, email=to, name="", language=language, now=now)).id


def count_try(session: Session, email: str, now: datetime) -> Counted | None:
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
    return None if row is None else Counted(row.id, row.digest)


def void_codes(session: Session, now: datetime) -> None:
    """Make every code that was sent worth nothing, as after a restore: tries made at it may have been forgotten."""
    session.execute(update(SignInCode).where(SignInCode.used_at.is_(None)).values(used_at=now))
