"""What becomes of a person whose session is moved or cancelled. Pure."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from zone.booking.bookings.errors import OVERLAPPING_BOOKING
from zone.booking.bookings.rules import BookingHolder, BookingRequest, may_hold
from zone.booking.moves.rules import AffectedPerson, Becomes, Outcome, Place, Placement
from zone.core.errors import ErrorCode
from zone.core.time import Window


@dataclass(frozen=True, slots=True)
class SessionChange:
    """Where a session is to be held instead, and the outcome of its move; None: it is cancelled."""

    session: uuid.UUID
    after: Placement | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class CancelledSession:
    """A session that is cancelled, how many had booked it, and in a preview its people."""

    session: uuid.UUID
    starts_at: datetime
    booked: int
    people: tuple[AffectedPerson, ...] | None = None


def reasons_against_coming(
    person: BookingHolder, moved: BookingRequest, others: Mapping[int, Window], now: datetime
) -> tuple[ErrorCode, ...]:
    """Return why a person cannot come to a session at its new time.

    `others`: the times of all bookings of that person, by session.
    """
    overlaps = any(
        start < moved.ends_at and moved.starts_at < end
        for session_id, (start, end) in others.items()
        if session_id != moved.session_id and end > now
    )
    rights = may_hold(person, moved, moved.starts_at)
    return (*rights, *([OVERLAPPING_BOOKING] if overlaps else []))


def what_becomes(place: Place, outcome: Outcome | None, reasons: Sequence[ErrorCode]) -> Becomes:
    """Return what becomes of a place, by the outcome of the move; None: the session is cancelled.

    Another booking at the new time ends nothing: it is the person who chooses between the two.
    """
    if outcome is None:
        return "ends"
    lasting = any(reason is not OVERLAPPING_BOOKING for reason in reasons)
    if place == "first_right" or (place == "booked" and outcome == "first_right"):
        return "first_right"
    # `cancel_unheld` ends within a minute what its person may not hold.
    if lasting:
        return "ends"
    return "along" if place == "booked" else "waits"
