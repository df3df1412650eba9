"""Passwords of staff accounts: break-glass, for when mail is down. Students have none."""

from datetime import datetime
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.ids import new_secret
from zone.core.text import normal_email
from zone.members import rules
from zone.members.errors import PASSWORD_WEAK
from zone.members.models import Member, StaffPassword

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


def holder_of(session: Session, *, email: str, password: str) -> int | None:
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
