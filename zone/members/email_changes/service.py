"""Change one's e-mail address by a code sent to the new one. Never commits."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from secrets import randbelow
from typing import Final

from sqlalchemy import Row, ScalarSelect, delete, func, select, update
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.mail import service as mail
from zone.core.mail.questions import declare_question
from zone.core.row_records.service import write_recorded
from zone.members.email_changes.errors import EMAIL_UNCHANGED
from zone.members.email_changes.models import EmailChange
from zone.members.people import queries as people_queries
from zone.members.people.errors import MEMBER_EXISTS
from zone.members.people.models import Member
from zone.members.people.rules import normalize_email
from zone.members.people.service import audit_member, lock_members
from zone.members.sign_in.rules import CODE_LIFE, DIGITS, MOST_TRIES, read_code
from zone.members.sign_in_sessions.service import check_goes_on

FOLLOWING: Final = ("access", "booking", "passes")
"""The features whose waiting mails go to the new address. Others say that something was done to an
account, such as a lost phone or a role: they belong to the mailbox that the account had then."""


def request_change(
    session: Session, member_id: int, *, email: str, now: datetime, secret: bytes
) -> None:
    """Send a code to a person's new address; codes sent to them before are void.

    Raises:
        DomainError: not_found, email_invalid, email_unchanged.
    """
    member, address = people_queries.member_by_id(session, member_id), normalize_email(email)
    if address == member.email:
        raise DomainError(EMAIL_UNCHANGED)
    # Also to an address that somebody has: the answer must not tell who has an account. Whoever
    # reads its mail is told so when they type the code.
    code = f"{randbelow(10**DIGITS):0{DIGITS}}"
    change = EmailChange(
        member_id=member_id,
        email=address,
        digest=code_digest(secret, member_id, address, code),
        created_at=now,
    )
    session.add(change)
    session.flush()
    mail.post(
        session,
        to=address,
        template="members/email_change_code",
        language=member.language,
        params={"code": code, "minutes": CODE_LIFE.seconds // 60},
        now=now,
        not_after=now + CODE_LIFE,
        # Not to an address that its person has corrected by then.
        asked=NEWEST_CHANGE.about(change.id),
    )


def code_digest(secret: bytes, member_id: int, email: str, code: str) -> bytes:
    """Return the digest of a code that the database stores."""
    # The member is in it: a code signs in nobody, and changes the address of nobody else.
    text = f"zone-email-change-1\0{member_id}\0{email}\0{code}"
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()


def confirm_change(
    session: Session,
    member_id: int,
    *,
    code: str,
    now: datetime,
    secrets: Sequence[bytes],
    session_id: int | None = None,
) -> Member | None:
    """Change a person's address by the code; None: it is wrong, expired or used.

    `session_id` is the sign-in session in which they do.

    Raises:
        DomainError: not_found; member_exists: somebody else has the new address; sign_in_needed:
            their session has just ended.
    """
    # None instead of an exception: a wrong attempt must be committed to count.
    typed = read_code(code)
    if typed is None:
        return None
    # Who gets the codes has the account: a new password that is just being set, or the desk that
    # replaces a lost phone, ends this session.
    lock_members(session, [member_id])
    check_goes_on(session, session_id)
    change = count_attempt(session, member_id, now)
    if change is None or not any(
        hmac.compare_digest(change.digest, code_digest(secret, member_id, change.email, typed))
        for secret in secrets
    ):
        return None
    session.execute(update(EmailChange).where(EmailChange.id == change.id).values(used_at=now))
    return _change_address(session, member_id, change.email, now)


def count_attempt(session: Session, member_id: int, now: datetime) -> Row[int, str, bytes] | None:
    """Count an attempt at a person's newest code while it is valid; None: it is not."""
    # One conditional UPDATE, as for the codes of a sign-in: of two requests with the right code the
    # second finds it used.
    return session.execute(
        update(EmailChange)
        .where(
            EmailChange.id == _newest(member_id),
            EmailChange.used_at.is_(None),
            EmailChange.tries < MOST_TRIES,
            EmailChange.created_at > now - CODE_LIFE,
        )
        .values(tries=EmailChange.tries + 1)
        .returning(EmailChange.id, EmailChange.email, EmailChange.digest)
    ).first()


def _newest(member_id: int) -> ScalarSelect[int]:
    of_member = EmailChange.member_id == member_id
    return select(func.max(EmailChange.id)).where(of_member).scalar_subquery()


def _still_works(session: Session, change_id: str, _now: datetime) -> bool:
    """Return whether the code of a change is unused, has tries left, and is the person's newest."""
    change = session.get(EmailChange, int(change_id))
    if change is None or change.used_at is not None or change.tries >= MOST_TRIES:
        return False
    return session.scalar(select(_newest(change.member_id))) == change.id


NEWEST_CHANGE: Final = declare_question("members.newest_email_change", _still_works)


def _change_address(session: Session, member_id: int, email: str, now: datetime) -> Member:
    member = people_queries.member_by_id(session, member_id)
    old = member.email
    # Asked for a clear refusal; of two who take an address at once the unique key refuses one.
    if people_queries.member_by_email(session, email) is not None:
        raise DomainError(MEMBER_EXISTS)
    member.email = email
    session.flush()
    mail.readdress(session, old=old, new=email, features=FOLLOWING)
    audit_member(
        session,
        "email.change",
        member,
        member_id,
        now,
        before={"email": old},
        after={"email": email},
    )
    # The new address is not named: a stranger may read the old mailbox.
    mail.post(
        session,
        to=old,
        template="members/email_changed",
        language=member.language,
        params={"name": member.name or old},
        now=now,
    )
    return member


def delete_expired_changes(session: Session, now: datetime) -> int:
    """Delete the changes whose code no longer works; return how many."""
    expired = EmailChange.created_at < now - CODE_LIFE
    return len(write_recorded(session, delete(EmailChange).where(expired)))


def void_changes(session: Session, now: datetime) -> None:
    """Void every code that was sent, as after a restore."""
    session.execute(update(EmailChange).where(EmailChange.used_at.is_(None)).values(used_at=now))
