"""Who may wait for a place, and what becomes of the next in the queue. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Final

from zone.booking.bookings import errors as bookings_errors
from zone.booking.bookings.rules import BookingRequest, may_cancel
from zone.booking.policies.rules import Policy
from zone.booking.sessions import errors as sessions_errors
from zone.booking.waitlist import errors
from zone.core.errors import ErrorCode


def against_queueing(
    reasons: Sequence[ErrorCode],
    wish: BookingRequest,
    queues: Sequence[int],
    policy: Policy,
    now: datetime,
) -> list[ErrorCode]:
    """All reasons against waiting for a place, the main one first. `reasons` are those against booking it now.

    Who has too many open bookings may wait: some will be over when a place comes free. Another booking at the same time
    will not, so it is refused here. Source: rules of the field (at most 5 queue places, the queue until 2 h before).
    """
    answers = (
        *(
            (reason, True)
            for reason in reasons
            if reason
            not in (
                bookings_errors.SESSION_FULL,
                bookings_errors.BOOKING_CLOSED,
                bookings_errors.TOO_MANY_BOOKINGS,
            )
        ),
        (errors.QUEUE_CLOSED, not may_cancel(wish.starts_at, policy, now)),
        (errors.ALREADY_QUEUED, wish.session_id in queues),
        (errors.TOO_MANY_QUEUES, len(queues) >= policy.queue_places),
        (errors.SESSION_NOT_FULL, wish.free and not wish.cancelled),
    )
    return [code for code, holds in answers if holds]


class WaitlistOutcome(Enum):
    """What becomes of the next one in a queue."""

    PROMOTED = "gets the place"
    PASSED_OVER = "keeps the place in the queue, and the next one is asked"
    REMOVED = "waits no more, and is told why"
    NOBODY = "no place is left, or nobody could step back in time any more"


LASTING: Final = (
    sessions_errors.SESSION_CANCELLED,
    bookings_errors.ALREADY_BOOKED,
    bookings_errors.NO_RIGHT,
    bookings_errors.BOOKING_SUSPENDED,
)
"""Reasons that stand until the person does something, or for weeks."""


def waitlist_outcome(
    reasons: Sequence[ErrorCode], wish: BookingRequest, policy: Policy, now: datetime
) -> WaitlistOutcome:
    """Whose turn it is, by the reasons against a booking.

    Another booking at the same time and too many open ones pass by themselves or by one cancelled booking: such a
    person keeps what they have waited for, and a place goes to the next one rather than to nobody. Who has no right or
    is suspended would only make the queue look longer than it is: they are told what to do, and may join again. That
    booking is over does not count: who waits asked in time.
    """
    if not wish.free or not may_cancel(wish.starts_at, policy, now):
        return WaitlistOutcome.NOBODY
    if any(reason in LASTING for reason in reasons):
        return WaitlistOutcome.REMOVED
    return (
        WaitlistOutcome.PASSED_OVER
        if set(reasons) - {bookings_errors.BOOKING_CLOSED}
        else WaitlistOutcome.PROMOTED
    )
