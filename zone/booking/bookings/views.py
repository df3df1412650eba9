"""A booking as its owner reads it. Pure."""

import uuid
from dataclasses import dataclass

from zone.booking.sessions.views import SessionView


@dataclass(frozen=True, slots=True)
class BookingView:
    """A person's booking with its session. `state`: booked, cancelled, attended, no_show.

    `promoted`: the place came from the waitlist. `companions` come along to a reserved space.
    """

    id: uuid.UUID
    state: str
    session: SessionView
    promoted: bool
    companions: int
