"""What a move of a session means for its people. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from zone.core.time import Window

LITTLE: Final = timedelta(minutes=60)
"""So much earlier or later bookings and waitlist come along."""
FIRST_RIGHT: Final = timedelta(hours=48)
"""So long those who had booked have the first right to what was moved further."""

Outcome = Literal["along", "first_right", "unchanged"]


@dataclass(frozen=True, slots=True)
class Placement:
    """A time and a space; None: online."""

    starts_at: datetime
    ends_at: datetime
    space_id: int | None

    @property
    def span(self) -> Window:
        """Its time."""
        return self.starts_at, self.ends_at


@dataclass(frozen=True, slots=True)
class MovedSession:
    """A move and whom it concerns: how many have booked and how many wait.

    along: both come along; first_right: the bookings end, their places are kept for their people,
    and the waitlist comes along; unchanged: it is there already.
    """

    session: uuid.UUID
    before: Placement
    after: Placement
    outcome: Outcome
    booked: int
    waiting: int
    until: datetime | None = None


def outcome_of(before: Placement, after: Placement, *, same_campus: bool) -> Outcome:
    """Return what becomes of the bookings of a session that is moved.

    Another campus is far: a pass may not hold there, and nobody chose the way to it.
    """
    little = all(abs(new - old) <= LITTLE for old, new in zip(before.span, after.span, strict=True))
    return "along" if little and same_campus else "first_right"


def first_right_until(closes: datetime, now: datetime) -> datetime:
    """Return until when a first right can be used: never past the closing of booking."""
    return min(now + FIRST_RIGHT, closes)
