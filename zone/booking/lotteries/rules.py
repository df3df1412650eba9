"""When a lottery can be announced and entered, and what becomes of a drawn ticket. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from zone.booking.bookings import errors as bookings_errors
from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings.rules import BookerState, BookingRequest
from zone.booking.lotteries import errors
from zone.booking.policies.rules import Policy
from zone.booking.sessions import errors as sessions_errors
from zone.booking.waitlist import rules as waitlist_rules
from zone.core.errors import ErrorCode
from zone.core.time import Window

END_STATES: Final = ("won", "lost", "refused", "called_off")
"""What becomes of an entry."""

KEY_FILE: Final = "lottery.key"
"""The secret from which the seeds are made, outside the database."""


@dataclass(frozen=True, slots=True)
class NewLottery:
    """From when people enter, and when the places are drawn."""

    opens_at: datetime
    draws_at: datetime


def reasons_against_announcing(
    new: NewLottery,
    requested: BookingRequest,
    *,
    in_use: bool,
    live: bool,
    policy: Policy,
    now: datetime,
) -> list[ErrorCode]:
    """Return all reasons against a lottery of a session, the main one first.

    `in_use`: somebody has booked a place or waits for one; `live`: it has a lottery.
    """
    first, last = draw_window(requested.starts_at, policy)
    conditions = (
        (sessions_errors.SESSION_CANCELLED, requested.cancelled),
        (sessions_errors.SESSION_ENDED, now >= requested.ends_at),
        (errors.LOTTERY_COMMITTED, live),
        (errors.PLACES_IN_USE, in_use),
        (
            errors.LOTTERY_TIMES,
            not (
                now < new.draws_at and new.opens_at < new.draws_at and first <= new.draws_at <= last
            ),
        ),
    )
    return [code for code, holds in conditions if holds]


def draw_window(starts_at: datetime, policy: Policy) -> Window:
    """Return the first and the last moment of a draw: while places can be booked."""
    # Before booking opens nobody could hold what they won, nor wait for what they did not.
    return policy.opens_at(starts_at), policy.closes_at(starts_at)


NOT_ASKED: Final = (bookings_errors.TOO_MANY_BOOKINGS, bookings_errors.BOOKING_NOT_OPEN)


def reasons_against_entering(
    requested: BookingRequest, booker: BookerState, policy: Policy, new: NewLottery, now: datetime
) -> list[ErrorCode]:
    """Return all reasons against entering, the main one first: those against booking at the draw.

    Too many open bookings are none: some of them may be over by then. Nor is booking that is not
    open by then: the session moved after it was announced, and is drawn all the same.
    """
    conditions = (
        (errors.LOTTERY_OVER, now >= new.draws_at),
        (errors.ENTRIES_NOT_OPEN, now < new.opens_at),
    )
    asked = replace(requested, draws_at=None, free=True)
    reasons = bookings_rules.check(asked, booker, policy, max(now, new.draws_at))
    return [
        *(code for code, holds in conditions if holds),
        *(code for code in reasons if code not in NOT_ASKED),
    ]


class DrawOutcome(Enum):
    """What becomes of a drawn ticket; its value is the state of the entry."""

    WON = "won"
    LOST = "lost"
    REFUSED = "refused"


def draw_outcome(
    requested: BookingRequest,
    booker: BookerState,
    queues: Collection[int],
    policy: Policy,
    now: datetime,
) -> tuple[DrawOutcome, list[ErrorCode]]:
    """Return what becomes of the next ticket, and the reasons against its place: in the session, or
    where all are taken in its queue.
    """
    drawn = replace(requested, draws_at=None)
    reasons = [
        reason
        for reason in bookings_rules.check(drawn, booker, policy, now)
        # Who entered in time does not lose by a draw that is late, nor by a session that moved.
        if reason not in (*waitlist_rules.DESPITE, bookings_errors.SESSION_FULL)
    ]
    if requested.free:
        return (DrawOutcome.REFUSED if reasons else DrawOutcome.WON), reasons
    return _without_place(reasons, drawn, tuple(queues), policy, now)


def _without_place(
    reasons: Sequence[ErrorCode],
    requested: BookingRequest,
    queues: Sequence[int],
    policy: Policy,
    now: datetime,
) -> tuple[DrawOutcome, list[ErrorCode]]:
    against = waitlist_rules.reasons_against_joining(reasons, requested, queues, policy, now)
    held = [reason for reason in against if reason in reasons]
    return (DrawOutcome.REFUSED if held else DrawOutcome.LOST), held or against
