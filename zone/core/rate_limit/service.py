"""How often something may be tried, counted in the database so that every process counts together.

A fixed window: at most `most` times from one multiple of `window` to the next, so at worst twice as often around the
border. Who is counted is kept only as a hash, and only until the window is over and `forget` has run.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from zone.core.db.statements import insertion
from zone.core.errors import DomainError, declare
from zone.core.rate_limit.models import AttemptCount

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

TOO_MANY_REQUESTS = declare(
    "too_many_requests",
    429,
    fi="Liian monta yritystä. Odota {minutes} min ja yritä uudelleen.",
    sv="För många försök. Vänta {minutes} min och försök igen.",
    en="Too many tries. Wait {minutes} min and try again.",
)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times in `window`; `name` keeps the counts of different things apart."""

    name: str
    most: int
    window: timedelta

    def starts_at(self, now: datetime) -> datetime:
        """The beginning of the window that `now` is in."""
        return now - (now - EPOCH) % self.window


def count_attempt(session: Session, limit: Limit, who: str, now: datetime) -> None:
    """Count one try. Call it in a transaction of its own: if the work's refusal rolled it back, it would not count.

    Raises:
        DomainError: too_many_requests, with the seconds to wait in `retry_after`.
    """
    starts_at = limit.starts_at(now)
    ends_at = starts_at + limit.window
    subject = hashlib.sha256(f"{limit.name}\0{who}".encode()).digest()
    row = {"subject": subject, "starts_at": starts_at, "ends_at": ends_at, "made": 1}
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
    if counted is None:
        wait = int((ends_at - now).total_seconds()) + 1
        raise DomainError(TOO_MANY_REQUESTS, params={"minutes": -(-wait // 60)}, retry_after=wait)


def delete_expired(session: Session, now: datetime) -> int:
    """Delete the counts of windows that are over; answers how many."""
    return len(
        session.scalars(
            delete(AttemptCount).where(AttemptCount.ends_at < now).returning(AttemptCount.id)
        ).all()
    )
