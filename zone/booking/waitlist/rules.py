"""Who may join a waitlist, what happens to the next person on it, and offers of places. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Final

from zone.booking.bookings import errors as bookings_errors
from zone.booking.bookings.rules import BookingRequest
from zone.booking.policies.rules import Policy
from zone.booking.sessions import errors as sessions_errors
from zone.booking.waitlist import errors
from zone.core.errors import ErrorCode
from zone.core.time import from_helsinki, helsinki_date, to_helsinki

LIVE_STATES: Final = ("waiting", "offered")
END_STATES: Final = ("booked", "declined", "expired", "left", "removed")
STEPS: Final = ("passed_over", "offered")
"""What happens to an entry that goes on."""

NIGHT: Final = (22, 8)
"""Hours of the Helsinki day between which nobody is booked by itself; an offer that is made then
runs from the morning on."""


def reasons_against_joining(
    reasons: Sequence[ErrorCode],
    requested: BookingRequest,
    queues: Sequence[int],
    policy: Policy,
    now: datetime,
) -> list[ErrorCode]:
    """Return all reasons against joining, the main one first; `reasons`: against booking now.

    Source: rules of the field (at most 5 waitlists, open as long as booking is).
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
        (
            errors.QUEUE_CLOSED,
            # Of a session that has ended, that alone: nobody can come to it without booking.
            is_closed(requested.starts_at, policy, now) and now < requested.ends_at,
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

    BOOKED = "gets the place, and can still cancel"
    OFFERED = "is asked whether they take the place, which is kept for them meanwhile"
    PASSED_OVER = "stays on the waitlist, and the next one is considered"
    REMOVED = "is taken off the waitlist, with a mail that gives the reason"
    NOBODY = "no place is left, or booking is closed"


LASTING: Final = (
    sessions_errors.SESSION_CANCELLED,
    bookings_errors.ALREADY_BOOKED,
    bookings_errors.PERSON_SUSPENDED,
    *bookings_errors.RIGHT_MISSING,
    bookings_errors.BOOKING_SUSPENDED,
)
"""Reasons that last for weeks, or until the person does something."""

DESPITE: Final = (bookings_errors.BOOKING_CLOSED, bookings_errors.BOOKING_NOT_OPEN)
"""What is not in the way of who joined in time: the session may have moved since, or the policy
have changed.
"""


def waitlist_outcome(
    reasons: Sequence[ErrorCode], requested: BookingRequest, policy: Policy, now: datetime
) -> WaitlistOutcome:
    """Return what happens to a waiting person, by the reasons against their booking now."""
    by_itself = books_by_itself(requested.starts_at, policy, now)
    too_late = not by_itself and offer_until(requested.starts_at, policy, now) <= now
    if not requested.free or too_late:
        return WaitlistOutcome.NOBODY
    # Such an entry makes the waitlist look longer than it is. The mail says what to do; the person
    # may join again.
    if any(reason in LASTING for reason in reasons):
        return WaitlistOutcome.REMOVED
    # What is left (an overlap, too many open bookings) passes by itself or with one cancelled
    # booking.
    if any(reason not in DESPITE for reason in reasons):
        return WaitlistOutcome.PASSED_OVER
    return WaitlistOutcome.BOOKED if by_itself else WaitlistOutcome.OFFERED


def is_closed(starts_at: datetime, policy: Policy, now: datetime) -> bool:
    """Return whether it is too late for a place: then it is one for people without a booking."""
    # A service may close booking before the limit of cancelling: places that are given back until
    # then still go on.
    return now > max(policy.closes_at(starts_at), _books_until(starts_at, policy))


def books_by_itself(starts_at: datetime, policy: Policy, now: datetime) -> bool:
    """Return whether a place that is free now is booked for the next person without asking.

    Source: rules of the field (until 60 min before the limit of cancelling, by day): whoever gets a
    place like this has time to read of it and to give it up.
    """
    return now <= _books_until(starts_at, policy) and not _is_night(now)


def _books_until(starts_at: datetime, policy: Policy) -> datetime:
    return policy.cancel_until(starts_at) - timedelta(minutes=policy.promote_minutes)


def offer_until(starts_at: datetime, policy: Policy, now: datetime) -> datetime:
    """Return until when an offer made now can be accepted.

    Never past the closing of booking. The time of one that is made by night runs from 8.00.
    """
    begins = offer_begins(now)
    return min(begins + timedelta(minutes=policy.offer_minutes), policy.closes_at(starts_at))


def offer_begins(now: datetime) -> datetime:
    """Return when the time of an offer made now begins, and a phone may sound."""
    return _morning_after(now) if _is_night(now) else now


def _is_night(now: datetime) -> bool:
    begins, ends = NIGHT
    hour = to_helsinki(now).hour
    return hour >= begins or hour < ends


def _morning_after(now: datetime) -> datetime:
    day = helsinki_date(now)
    if to_helsinki(now).hour >= NIGHT[0]:
        day += timedelta(days=1)
    return from_helsinki(day, time(NIGHT[1]))


def offer_digest(key: str) -> bytes:
    """Return what is stored of the secret that the link of an offer carries."""
    return hashlib.sha256(key.encode()).digest()
