"""Who may join a waitlist, and what happens to the next person on it. Pure."""

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


def reasons_against_joining(
    reasons: Sequence[ErrorCode],
    requested: BookingRequest,
    queues: Sequence[int],
    policy: Policy,
    now: datetime,
) -> list[ErrorCode]:
    """Return all reasons against joining, the main one first; `reasons`: against booking now.

    Source: rules of the field (at most 5 waitlists, open until 2 h before the start).
    """
    # TOO_MANY_BOOKINGS is no reason: some of them may be over when a place becomes free.
    conditions = (
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
        # At 2 h, not at the 30 min of booking: later no promoted person could cancel.
        (
            errors.QUEUE_CLOSED,
            # Of a session that has ended, that alone: nobody can come to it without booking.
            not may_cancel(requested.starts_at, policy, now) and now < requested.ends_at,
        ),
        (errors.ALREADY_QUEUED, requested.session_id in queues),
        (errors.TOO_MANY_QUEUES, len(queues) >= policy.queue_places),
        # Last: with a free place, what keeps the person from booking it is the better reason.
        (
            errors.SESSION_NOT_FULL,
            requested.free and not requested.cancelled and now < requested.ends_at,
        ),
    )
    return [code for code, holds in conditions if holds]


class WaitlistOutcome(Enum):
    """What happens to the next person on a waitlist."""

    PROMOTED = "gets the place"
    PASSED_OVER = "stays on the waitlist, and the next one is considered"
    REMOVED = "is taken off the waitlist, with a mail that gives the reason"
    NOBODY = "no place is left, or it is too late to cancel"


LASTING: Final = (
    sessions_errors.SESSION_CANCELLED,
    bookings_errors.ALREADY_BOOKED,
    bookings_errors.PERSON_SUSPENDED,
    bookings_errors.NO_RIGHT,
    bookings_errors.BOOKING_SUSPENDED,
)
"""Reasons that last for weeks, or until the person does something."""


def waitlist_outcome(
    reasons: Sequence[ErrorCode], requested: BookingRequest, policy: Policy, now: datetime
) -> WaitlistOutcome:
    """Return what happens to a waiting person, by the reasons against their booking now."""
    if not requested.free or not may_cancel(requested.starts_at, policy, now):
        return WaitlistOutcome.NOBODY
    # Such an entry makes the waitlist look longer than it is. The mail says what to do; the person
    # may join again.
    if any(reason in LASTING for reason in reasons):
        return WaitlistOutcome.REMOVED
    # What is left (an overlap, too many open bookings) passes by itself or with one cancelled
    # booking. BOOKING_CLOSED does not count: the person joined in time.
    return (
        WaitlistOutcome.PASSED_OVER
        if set(reasons) - {bookings_errors.BOOKING_CLOSED}
        else WaitlistOutcome.PROMOTED
    )
