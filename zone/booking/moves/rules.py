"""What a move of a session means for its people. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from zone.core.errors import ErrorCode
from zone.core.time import Window

LITTLE: Final = timedelta(minutes=60)
"""A session that moves by no more than this keeps its bookings and its waitlist."""
FIRST_RIGHT: Final = timedelta(hours=48)
"""How long those who had booked have the first right to a session that moved further."""

Outcome = Literal["along", "first_right", "unchanged"]
Place = Literal["booked", "first_right", "offered", "waiting"]
"""What the person has in the session; first_right and offered: a place is kept for them."""
Becomes = Literal["along", "first_right", "waits", "ends"]
"""along: the booking holds at the new time; waits: the place in the queue stays."""


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
class AffectedPerson:
    """A person whom a change concerns, and what becomes of their place.

    `reasons`: why they cannot come at the new time. `id` and `name` are None for whoever may not
    see who comes to the session.
    """

    place: Place
    becomes: Becomes
    reasons: tuple[ErrorCode, ...] = ()
    id: uuid.UUID | None = None
    name: str | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons."""
        return tuple(reason.code for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class MovedSession:
    """A move and whom it concerns: how many have booked, wait, and are in the draw of its places.

    along: both come along; first_right: the bookings end, their places are kept for their people,
    and the waitlist comes along; unchanged: it is there already. `people`: in a preview.
    `ends_draw`: the session begins before its draw now, which is called off.
    """

    session: uuid.UUID
    before: Placement
    after: Placement
    outcome: Outcome
    booked: int
    waiting: int
    until: datetime | None = None
    people: tuple[AffectedPerson, ...] | None = None
    entered: int = 0
    ends_draw: bool = False


def outcome_of(before: Placement, after: Placement, *, same_campus: bool) -> Outcome:
    """Return what becomes of the bookings of a session that is moved.

    Another campus is far: a pass may not hold there, and nobody chose the way to it.
    """
    little = all(abs(new - old) <= LITTLE for old, new in zip(before.span, after.span, strict=True))
    return "along" if little and same_campus else "first_right"


def first_right_until(closes: datetime, now: datetime) -> datetime:
    """Return until when a first right can be used: never past the closing of booking."""
    return not_beyond(closes, now + FIRST_RIGHT)


def not_beyond(closes: datetime, until: datetime) -> datetime:
    """Return until when a place is kept: until the promised time, at most until booking closes."""
    return min(until, closes)
