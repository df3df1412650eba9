"""Read an offer for its page, and what has happened to one's own place in a queue."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.moves.models import FirstRight
from zone.booking.offers.rules import may_answer
from zone.booking.sessions.queries import session_view_by_id
from zone.booking.sessions.views import SessionView
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.core.errors import NOT_FOUND, DomainError


@dataclass(frozen=True, slots=True)
class OfferView:
    """A place in a queue as its person reads it; `until`: when an offer ends.

    `is_first_right`: the person had a booking, and the session was moved far.
    """

    entry: uuid.UUID
    state: str
    until: datetime | None
    session: SessionView
    is_first_right: bool = False

    def is_open(self, now: datetime) -> bool:
        """Whether the offer can be answered."""
        return self.until is not None and now <= self.until

    @property
    def is_taken(self) -> bool:
        """Whether the place was taken and is still booked: it may have been given up since."""
        return self.state == "booked" and self.session.booking is not None


@dataclass(frozen=True, slots=True)
class QueueStep:
    """What happened to a place in a queue. `reason`: the code of an error, where there is one."""

    kind: str
    at: datetime
    reason: str | None


def offer_of(
    session: Session, entry: uuid.UUID, *, key: str = "", member_id: int | None = None
) -> OfferView:
    """Return an offer for its person, also after its end.

    Raises:
        DomainError: not_found.
    """
    row = session.scalar(select(QueueEntry).where(QueueEntry.public_id == entry))
    if row is None or row.member_id is None or not may_answer(row, key, member_id):
        raise DomainError(NOT_FOUND)
    view = session_view_by_id(session, row.session_id, member_id=row.member_id)
    first = select(FirstRight.id).where(FirstRight.entry_id == row.id)
    is_first_right = session.scalar(first) is not None
    return OfferView(row.public_id, row.state, row.offered_until, view, is_first_right)


def steps_of(session: Session, member_id: int, entry: uuid.UUID) -> list[QueueStep]:
    """Return everything that has happened to one's own place in a queue, the first thing first.

    Raises:
        DomainError: not_found.
    """
    rows = session.execute(
        select(QueueEvent.kind, QueueEvent.occurred_at, QueueEvent.reason)
        .join(QueueEntry, QueueEntry.id == QueueEvent.entry_id)
        .where(QueueEntry.public_id == entry, QueueEntry.member_id == member_id)
        .order_by(QueueEvent.id)
    ).all()
    if not rows:
        raise DomainError(NOT_FOUND)
    return [QueueStep(*row) for row in rows]
