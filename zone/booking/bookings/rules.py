"""Who may book a place and cancel it. Pure; its numbers are a `Policy`, which is data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zone.booking.bookings import errors
from zone.booking.no_shows.rules import suspended_until
from zone.booking.policies.rules import Policy
from zone.booking.sessions import errors as sessions_errors
from zone.core.errors import ErrorCode
from zone.core.time import Window, to_helsinki
from zone.passes.passes.rules import PassRight


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a person wants to book. `right` is the kind of right it needs, `campus` None online."""

    session_id: int | None
    starts_at: datetime
    ends_at: datetime
    campus: str | None
    right: str
    free: bool = True
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class BookerState:
    """What the person holds: open bookings by session, the ends of sessions missed this term, rights."""

    open: Mapping[int, Window]
    missed: Sequence[datetime]
    rights: Sequence[PassRight]


def check(
    wish: BookingRequest, standing: BookerState, policy: Policy, now: datetime
) -> list[ErrorCode]:
    """All reasons against a booking, the main one first; empty when it may be made.

    Source: rules of the field (7 days ahead until 30 min before, at most 4 open, 2 no-shows pause for 2 weeks).
    """
    suspended = suspended_until(standing.missed, policy)
    answers = (
        (sessions_errors.SESSION_CANCELLED, wish.cancelled),
        (errors.ALREADY_BOOKED, wish.session_id in standing.open),
        (errors.BOOKING_CLOSED, now > wish.starts_at - timedelta(minutes=policy.closes_minutes)),
        (errors.BOOKING_NOT_OPEN, now < wish.starts_at - timedelta(days=policy.opens_days)),
        (errors.NO_RIGHT, not any(covers(right, wish) for right in standing.rights)),
        (errors.BOOKING_SUSPENDED, suspended is not None and now < suspended),
        (errors.OVERLAPPING_BOOKING, _overlaps(wish, standing.open)),
        (errors.TOO_MANY_BOOKINGS, len(standing.open) >= policy.open_bookings),
        (errors.SESSION_FULL, not wish.free),
    )
    return [code for code, holds in answers if holds]


def covers(right: PassRight, wish: BookingRequest) -> bool:
    """Whether a right holds for the wish at its start. One without campuses holds everywhere; online is everywhere."""
    return (
        right.kind == wish.right
        and (wish.campus is None or not right.campuses or wish.campus in right.campuses)
        and right.valid_from <= wish.starts_at < right.valid_until
    )


def _overlaps(wish: BookingRequest, held: Mapping[int, Window]) -> bool:
    return any(
        start < wish.ends_at and wish.starts_at < end
        for session_id, (start, end) in held.items()
        if session_id != wish.session_id
    )


def words(policy: Policy, missed: Iterable[datetime] = ()) -> dict[str, str | int]:
    """What the sentences of a refusal name."""
    until = suspended_until(missed, policy)
    return {
        "days": policy.opens_days,
        "minutes": policy.closes_minutes,
        "most": policy.open_bookings,
        "no_shows": policy.no_shows,
        "cancel_minutes": policy.cancel_minutes,
        "queues": policy.queue_places,
        "until": _day(until) if until else "",
    }


def _day(at: datetime) -> str:
    local = to_helsinki(at)
    return f"{local.day}.{local.month}.{local.year}"


def may_cancel(starts_at: datetime, policy: Policy, now: datetime) -> bool:
    """Until 2 h before the start. Later the place could no longer be passed on, so the booking stands."""
    return now <= starts_at - timedelta(minutes=policy.cancel_minutes)
