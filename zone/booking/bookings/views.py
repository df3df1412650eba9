"""A booking as its owner reads it. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from zone.booking.sessions.views import SessionView


@dataclass(frozen=True, slots=True)
class BookingView:
    """A person's booking with its session. `state`: booked, cancelled, attended, no_show.

    `promoted`: the place came from the waitlist. `companions` come along to a reserved space.
    `cancel_until` is the last moment at which it can be, or could have been, cancelled. `excused`:
    a no-show that does not count.
    """

    id: uuid.UUID
    state: str
    session: SessionView
    promoted: bool
    companions: int
    cancel_until: datetime
    excused: bool = False
