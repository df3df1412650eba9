"""Load where a person waits, for the rules of booking and joining, in one prepared statement."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select

from zone.booking.allocations.models import Allocation
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.db.prepared_select import PreparedSelect

_session, _entry = Allocation.__table__.c, QueueEntry.__table__.c
_OWN: Final = PreparedSelect(
    select(
        _entry.public_id, _entry.offered_until, _entry.session_id, _session.public_id.label("of")
    )
    .join(Allocation.__table__, _session.id == _entry.session_id)
    .where(_entry.member_id == bindparam("member_id"), _entry.state.in_(LIVE_STATES))
)


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """A person's place in the queue of a session, None: they do not wait for it; and the sessions
    for which they wait.
    """

    entry: uuid.UUID | None
    offered_until: datetime | None
    queues: tuple[int, ...]

    def open_offer(self, now: datetime) -> uuid.UUID | None:
        """Return the entry whose place is kept for the person and can be taken."""
        if self.offered_until is None or now > self.offered_until:
            return None
        return self.entry


def own_place(connection: Connection, member_id: int, class_session: uuid.UUID) -> OwnPlace:
    """Return a person's place in the queue of a session."""
    rows = _OWN.fetch(connection, member_id=member_id)
    own = next((row for row in rows if row.of == class_session), None)
    queues = tuple(row.session_id for row in rows)
    if own is None:
        return OwnPlace(None, None, queues)
    return OwnPlace(own.public_id, own.offered_until, queues)
