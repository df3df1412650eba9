"""Sign-in codes sent by e-mail. Never commits.

A code proves that one reads the address's mail; the first sign-in creates the person. A known and
an unknown address get the same answer and the same mail: nobody can test who is a member. A code
works only in the browser that asked for it: nobody else can use it or use up its tries.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import randbelow
from typing import Final

from sqlalchemy import ScalarSelect, delete, func, select, update
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.mail import service as mail
from zone.core.mail.questions import declare_question
from zone.core.row_records.service import write_recorded
from zone.members.people import queries as people_queries
from zone.members.people import rules as people_rules
from zone.members.people import service as people
from zone.members.roles import queries as roles_queries
from zone.members.sign_in import rules
from zone.members.sign_in.models import SignInCode
from zone.members.sign_in_sessions.rules import token_digest


@dataclass(frozen=True, slots=True)
class AttemptedCode:
    """The code for which an attempt was counted."""

    id: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Redemption:
    """What came of a typed code.

    `member_id` is the person who is signed in, None where the code was wrong. `counted` says
    whether it used up a try of a code, which only the browser that asked for one can do.
    """

    member_id: int | None
    counted: bool


def send_code(
    session: Session, *, email: str, browser: str, language: str, now: datetime, secret: bytes
) -> None:
    """Send a new code to an address; earlier ones of the same browser are void.

    `browser` is the token of the browser that asks.

    Raises:
        DomainError: email_invalid.
    """
    address = people_rules.normalize_email(email)
    member = people_queries.member_by_email(session, address)
    code = f"{randbelow(10**rules.DIGITS):0{rules.DIGITS}}"
    row = SignInCode(
        email=address,
        digest=code_digest(secret, address, code),
        created_at=now,
        browser=token_digest(browser),
    )
    session.add(row)
    session.flush()
    mail.post(
        session,
        to=address,
        template="members/sign_in_code",
        language=member.language if member else language,
        params={"code": code, "minutes": rules.CODE_LIFE.seconds // 60},
        now=now,
        not_after=now + rules.CODE_LIFE,  # a late mail would bring a code that no longer works
        asked=NEWEST_CODE.about(row.id),  # and so would one that waits until the next is asked for
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
    browser: str | None,
    language: str,
    now: datetime,
    secrets: Sequence[bytes],
) -> Redemption:
    """Sign in the person of a code, created if new, in the browser that asked for it.

    `browser` is that browser's token, if it has one. `secrets` are those in force, so that a code
    sent just before a rotation still works.

    Raises:
        DomainError: email_invalid.
    """
    # No exception for a wrong code: the attempt must be committed to count.
    address, typed = people_rules.normalize_email(email), rules.read_code(code)
    # What cannot be a code costs none of the five tries.
    if browser is None or typed is None:
        return Redemption(None, counted=False)
    attempted = count_attempt(session, address, token_digest(browser), now)
    if attempted is None:
        return Redemption(None, counted=False)
    if not any(
        hmac.compare_digest(attempted.digest, code_digest(secret, address, typed))
        for secret in secrets
    ):
        return Redemption(None, counted=True)
    session.execute(update(SignInCode).where(SignInCode.id == attempted.id).values(used_at=now))
    member = people_queries.member_by_email(session, address) or people.create_member(
        session, email=address, name="", language=language, now=now
    )
    return Redemption(member.id, counted=True)


def count_attempt(
    session: Session, email: str, browser: bytes, now: datetime
) -> AttemptedCode | None:
    """Count an attempt at the newest code of an address in a browser; None: it is not valid.

    Valid is unused, less than `CODE_LIFE` old and tried less than `MOST_TRIES` times.
    """
    # One conditional UPDATE: of two requests with the right code the second waits here for the
    # first one's commit and then finds the code used.
    # Not the newest valid one: asking for a new code ends the earlier ones.
    row = session.execute(
        update(SignInCode)
        .where(
            SignInCode.id == _newest(email, browser),
            SignInCode.used_at.is_(None),
            SignInCode.tries < rules.MOST_TRIES,
            SignInCode.created_at > now - rules.CODE_LIFE,
        )
        .values(tries=SignInCode.tries + 1)
        .returning(SignInCode.id, SignInCode.digest)
    ).first()
    return None if row is None else AttemptedCode(row.id, row.digest)


def _newest(email: str, browser: bytes | None) -> ScalarSelect[int]:
    of_browser = (SignInCode.email == email) & (SignInCode.browser == browser)
    return select(func.max(SignInCode.id)).where(of_browser).scalar_subquery()


def _still_works(session: Session, code_id: str, _now: datetime) -> bool:
    """Return whether a code is unused, has tries left, and is the newest of its browser."""
    row = session.get(SignInCode, int(code_id))
    if row is None or row.used_at is not None or row.tries >= rules.MOST_TRIES:
        return False
    return session.scalar(select(_newest(row.email, row.browser))) == row.id


NEWEST_CODE: Final = declare_question("members.newest_code", _still_works)


def record_failure(
    session: Session, email: str, *, means: str, known_browser: bool, now: datetime
) -> None:
    """Write an audit row where somebody failed to sign in to a staff account.

    `means` is code or password.
    """
    member = people_queries.member_by_email(session, email)
    if member is None or not roles_queries.service_roles(session, member.id):
        return
    record_action(
        session,
        actor_id=None,
        action="sign_in.fail",
        object_kind="member",
        object_id=member.public_id,
        after={"means": means, "known_browser": known_browser},
        now=now,
    )


def void_codes(session: Session, now: datetime) -> None:
    """Void every code that was sent, as after a restore."""
    # The backup may be older than attempts at a code, which would be possible once more.
    session.execute(update(SignInCode).where(SignInCode.used_at.is_(None)).values(used_at=now))


def delete_expired_codes(session: Session, now: datetime) -> int:
    """Delete the codes older than `CODE_LIFE`; return how many."""
    expired = SignInCode.created_at < now - rules.CODE_LIFE
    return len(write_recorded(session, delete(SignInCode).where(expired)))
