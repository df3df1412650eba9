"""Who may book a place and cancel it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from zone.booking.bookings import errors
from zone.booking.policies.rules import Policy
from zone.booking.sessions import errors as sessions_errors
from zone.core.errors import ErrorCode
from zone.core.time import Window
from zone.passes.entitlements.rules import Conditions
from zone.passes.passes.rules import PassRight


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a person wants to book.

    `right` is the kind of right that it needs; `campus` is None online, `activity` the kind of a
    session, and `root` that of its activity. Where its places are drawn, at `draws_at`, nobody
    books them before.
    """

    session_id: int | None
    starts_at: datetime
    ends_at: datetime
    campus: str | None
    right: str
    free: bool = True
    cancelled: bool = False
    draws_at: datetime | None = None
    activity: str | None = None
    root: UUID | None = None


@dataclass(frozen=True, slots=True)
class BookedWindow:
    """A space is booked for a person during [start, end); `kind` is that of `activities.rules`,
    `root` that of the activity of a session.
    """

    space_id: int
    start: datetime
    end: datetime
    kind: str
    root: UUID | None = None


Suspended = tuple[datetime, datetime | None]
"""A time [start, end) in which a person is suspended; None: until it is lifted."""


@dataclass(frozen=True, slots=True)
class BookingHolder:
    """What decides whether a person may hold a booking: their rights and suspensions."""

    rights: Sequence[PassRight]
    suspended: Sequence[Suspended]


@dataclass(frozen=True, slots=True)
class BookerState(BookingHolder):
    """What a person has besides: open bookings by session, until when marks keep them from booking
    ahead, by session their entry in its queue, with until when a place is kept for it, and the
    groups of the policy to which they belong.
    """

    open: Mapping[int, Window]
    banned_until: datetime | None = None
    waits: Mapping[int, tuple[UUID, datetime | None]] = field(default_factory=dict)
    groups: Collection[str] = ()


def may_hold(person: BookingHolder, what: BookingRequest, at: datetime) -> list[ErrorCode]:
    """Return the reasons for which a person may not hold a booking at `at`; empty: they may.

    The only rule of it: for a new booking and a waitlist, and for those that rest on a right which
    has ended.
    """
    suspended = any(_includes(span, at) for span in person.suspended)
    missing = _right_missing(person, what, at)
    reasons = (errors.PERSON_SUSPENDED if suspended else None, missing)
    return [code for code in reasons if code is not None]


def limits_of(person: BookingHolder, what: BookingRequest, at: datetime) -> list[Conditions]:
    """Return the conditions of what a person holds that leave out its activity alone."""
    return [
        right.conditions
        for right in person.rights
        if _fits(right, what, at) and not _gives_activity(right.conditions, what)
    ]


def _right_missing(person: BookingHolder, what: BookingRequest, at: datetime) -> ErrorCode | None:
    """Return why no right covers what a person wants to hold; None: one does."""
    fitting = [right.conditions for right in person.rights if _fits(right, what, at)]
    of_kind = [one for one in fitting if _gives_activity(one, what)]
    if any(one.gives_at(at) for one in of_kind):
        return None
    # The pass that comes closest says what would help.
    if of_kind:
        return errors.OUTSIDE_HOURS
    return errors.WRONG_ACTIVITY if fitting else errors.NO_RIGHT


def _includes(span: Suspended, at: datetime) -> bool:
    start, end = span
    return start <= at and (end is None or at < end)


def check(
    requested: BookingRequest,
    booker: BookerState,
    policy: Policy,
    now: datetime,
    *,
    opens_alike: bool = False,
) -> list[ErrorCode]:
    """Return all reasons against a booking, the main one first; empty when it is allowed.

    Source: rules of the field (7 days ahead until 30 min before, at most 4 open, 2 no-shows suspend
    for 2 weeks). `opens_alike`: no pass lets its holder book earlier.
    """
    banned_until = booker.banned_until
    policy = policy if opens_alike else opened_for(booker, requested, policy)
    ended = now >= requested.ends_at
    # The first one is shown as the main reason. A full session comes last: it is the main one only
    # where nothing else is in the way, and then the waitlist helps.
    conditions = (
        (sessions_errors.SESSION_CANCELLED, requested.cancelled),
        # Alone of the two: who reads that booking closed is told to come without it.
        (sessions_errors.SESSION_ENDED, ended),
        (errors.ALREADY_BOOKED, requested.session_id in booker.open),
        (
            errors.BOOKING_CLOSED,
            # `>`: exactly 30 minutes before the start one can still book.
            now > policy.closes_at(requested.starts_at) and not ended,
        ),
        # However late the draw is: its winners come first.
        (errors.PLACES_ARE_DRAWN, requested.draws_at is not None and not ended),
        (
            errors.BOOKING_NOT_OPEN,
            # Alone of the two: who waits for booking to open would miss the draw.
            now < policy.opens_at(requested.starts_at) and requested.draws_at is None,
        ),
        *((code, True) for code in may_hold(booker, requested, requested.starts_at)),
        (errors.BOOKING_SUSPENDED, banned_until is not None and now < banned_until),
        (errors.OVERLAPPING_BOOKING, _overlaps(requested, booker.open)),
        (errors.TOO_MANY_BOOKINGS, len(booker.open) >= policy.open_bookings),
        (errors.SESSION_FULL, not requested.free),
    )
    return [code for code, holds in conditions if holds]


def opened_for(person: BookingHolder, requested: BookingRequest, policy: Policy) -> Policy:
    """Return the policy for a person: booking opens earlier by a pass that covers the session."""
    earlier = days_earlier(person, requested)
    return replace(policy, opens_days=policy.opens_days + earlier) if earlier else policy


def days_earlier(person: BookingHolder, requested: BookingRequest) -> int:
    """Return by how many days booking opens earlier for a person: the most of their passes."""
    # Few passes give any: most people's rights are not compared with the session.
    giving = [right for right in person.rights if right.conditions.days_earlier]
    return max(
        (
            right.conditions.days_earlier
            for right in giving
            if covers(right, requested, requested.starts_at)
        ),
        default=0,
    )


def covers(right: PassRight, requested: BookingRequest, at: datetime) -> bool:
    """Return whether a right covers a session at `at`, which is its start.

    A right without campuses holds at all of them.
    """
    return (
        _fits(right, requested, at)
        and right.conditions.gives_at(at)
        and _gives_activity(right.conditions, requested)
    )


def _fits(right: PassRight, requested: BookingRequest, at: datetime) -> bool:
    """Return whether a right is one to what is requested, there and then; its conditions aside."""
    return (
        right.kind == requested.right
        and (requested.campus is None or not right.campuses or requested.campus in right.campuses)
        # Half-open, at the start of the session: one that runs over the midnight at which a pass
        # ends is covered.
        and right.valid_from <= at < right.valid_until
    )


def _gives_activity(conditions: Conditions, requested: BookingRequest) -> bool:
    return requested.activity is None or conditions.gives_activity(
        requested.activity, requested.root
    )


def _overlaps(requested: BookingRequest, open_bookings: Mapping[int, Window]) -> bool:
    # Half-open: a class that begins when another one ends does not overlap.
    return any(
        start < requested.ends_at and requested.starts_at < end
        for session_id, (start, end) in open_bookings.items()
        if session_id != requested.session_id
    )


def message_params(
    policy: Policy, until: datetime | None = None, draws_at: datetime | None = None
) -> dict[str, int | datetime]:
    """Return the numbers, and the times, that the sentences of a refusal name."""
    named: dict[str, int | datetime] = {
        "days": policy.opens_days,
        "minutes": policy.closes_minutes,
        "most": policy.open_bookings,
        "no_shows": policy.no_shows,
        "cancel_minutes": policy.cancel_minutes,
        "take_back": policy.take_back_minutes,
        "queues": policy.queue_places,
    }
    times = {"until": until, "draws_at": draws_at}
    return named | {name: at for name, at in times.items() if at is not None}


def minutes_promised(starts_at: datetime, policy: Policy, promised: datetime | None) -> int:
    """Return the minutes before the start that the limit of a booking was: a later policy may have
    more.
    """
    if promised is None:
        return policy.cancel_minutes
    return min(policy.cancel_minutes, int((starts_at - promised).total_seconds()) // 60)


def may_cancel(
    starts_at: datetime,
    policy: Policy,
    now: datetime,
    booked_at: datetime | None = None,
    promised: datetime | None = None,
) -> bool:
    """Return whether a booking may still be cancelled; see `Policy.cancel_until`."""
    # 2 h before to the second.
    return now <= policy.cancel_until(starts_at, booked_at, promised)
