"""What is swept out in time, so that the database does not remember people longer than it needs to."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from zone import outbox
from zone.config import Settings
from zone.db import writing
from zone.http import idempotency, rate_limit
from zone.members import rules
from zone.members.models import SignInCode, SignInSession

KEEP_ANSWERS: Final = timedelta(days=7)
KEEP_MAIL: Final = timedelta(days=30)
KEEP_SIGN_INS: Final = timedelta(days=30)
"""How long an ended session stays readable, for whoever looks into a stolen account."""


def sweep(_settings: Settings, now: datetime) -> int:
    """Delete spent codes, ended sessions, counts of tries, kept answers and mail that is done with; how many rows."""
    with writing() as session:
        return (
            _codes(session, now)
            + _sessions(session, now)
            + rate_limit.forget(session, now)
            + idempotency.forget(session, now - KEEP_ANSWERS)
            + outbox.forget(session, now - KEEP_MAIL)
        )


def _codes(session: Session, now: datetime) -> int:
    spent = delete(SignInCode).where(SignInCode.created_at < now - rules.CODE_LIFE).returning(SignInCode.id)
    return len(session.scalars(spent).all())


def _sessions(session: Session, now: datetime) -> int:
    unused = SignInSession.seen_at < now - rules.STUDENT_SESSION - KEEP_SIGN_INS
    ended = or_(SignInSession.revoked_at < now - KEEP_SIGN_INS, unused)
    return len(session.scalars(delete(SignInSession).where(ended).returning(SignInSession.id)).all())
