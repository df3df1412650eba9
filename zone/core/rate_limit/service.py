"""Rate limits, counted in the database so that all processes count together.

Fixed windows: at most `most` attempts from one multiple of `window` to the next, so at worst twice
as many around a boundary. A subject is stored only as a hash, until its window is over.
"""

import hashlib
from datetime import datetime
from random import SystemRandom
from typing import Final

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from zone.core.db.statements import insertion
from zone.core.errors import DomainError, declare
from zone.core.rate_limit.models import AttemptCount
from zone.core.rate_limit.rules import Limit

TOO_MANY_REQUESTS = declare(
    "too_many_requests",
    429,
    "Too many tries. Wait {minutes} min and try again.",
)

_chance: Final = SystemRandom()


def count_attempt(session: Session, limit: Limit, who: str, now: datetime) -> None:
    """Count one attempt of `who`. Call it in a transaction of its own.

    In the transaction of the attempt itself, a refusal would roll the count back.

    Raises:
        DomainError: too_many_requests, with the seconds to wait in `retry_after`.
    """
    if not count_if_allowed(session, limit, who, now):
        wait = limit.wait_from(now, _chance.random())
        raise DomainError(TOO_MANY_REQUESTS, params={"minutes": -(-wait // 60)}, retry_after=wait)


def count_if_allowed(session: Session, limit: Limit, who: str, now: datetime) -> bool:
    """Count one attempt of `who` unless the limit is reached; return whether it was counted."""
    starts_at = limit.starts_at(now)
    row = {
        "subject": _subject(limit, who),
        "starts_at": starts_at,
        "ends_at": starts_at + limit.window,
        "made": 1,
    }
    # One statement counts and checks, so that simultaneous attempts cannot pass the limit together.
    counted = session.scalar(
        insertion(session, AttemptCount)
        .values(row)
        .on_conflict_do_update(
            index_elements=["subject", "starts_at"],
            set_={"made": AttemptCount.made + 1},
            where=AttemptCount.made < limit.most,
        )
        .returning(AttemptCount.id)
    )
    return counted is not None


def release_attempt(session: Session, limit: Limit, who: str, now: datetime) -> None:
    """Take an attempt back that was counted, such as one that succeeded."""
    session.execute(
        update(AttemptCount)
        .where(
            AttemptCount.subject == _subject(limit, who),
            AttemptCount.starts_at == limit.starts_at(now),
            AttemptCount.made > 0,  # it may have been counted in the window before
        )
        .values(made=AttemptCount.made - 1)
    )


def _subject(limit: Limit, who: str) -> bytes:
    return hashlib.sha256(f"{limit.name}\0{who}".encode()).digest()


def delete_expired(session: Session, now: datetime) -> int:
    """Delete the counts of windows that are over; return how many."""
    return len(
        session.scalars(
            delete(AttemptCount).where(AttemptCount.ends_at < now).returning(AttemptCount.id)
        ).all()
    )
