"""Who may book what, and when a weekly session falls. Pure; its numbers are a `Policy`, which is data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Final

from zone.booking import errors
from zone.core.errors import ErrorCode
from zone.core.time import Window, from_helsinki, to_helsinki
from zone.passes.queries import PassRight

KINDS: Final = ("class", "course", "low_threshold", "online", "ball_turn", "club_turn", "event", "own_use")
"""What a session can be. `own_use` is a space that a person booked."""

GUIDED: Final = frozenset({"class", "course", "low_threshold", "online"})
"""Guided exercise; an online session only when it is live. Source: the definition of target B."""

ARRIVE_BEFORE: Final = timedelta(minutes=30)
ARRIVE_AFTER: Final = timedelta(minutes=15)
"""An entry from 30 min before the start to 15 min after it is one for the session."""

SLICE_SECONDS: Final = 300


@dataclass(frozen=True)
class Policy:
    """The rules of the field as numbers; the defaults are those of the service when nothing else is set.

    Expanded sessions reach `expand_days` ahead. A space for own use starts on every `space_step_minutes` of the wall
    clock and is booked for as many at a time, between `space_least_minutes` and `space_most_minutes`; it is also held
    for `space_before_minutes` and `space_after_minutes` around. A person has `space_open_bookings` of these to come at
    a time, and `space_week_bookings` in a week from Monday to Sunday. A person waits in `queue_places` queues at most,
    and is reminded of a booking `remind_hours` before the start, or never (0).
    """

    opens_days: int = 7
    closes_minutes: int = 30
    bookable_percent: int = 70
    open_bookings: int = 4
    cancel_minutes: int = 120
    no_shows: int = 2
    suspension_days: int = 14
    expand_days: int = 35
    space_step_minutes: int = 30
    space_most_minutes: int = 120
    queue_places: int = 5
    remind_hours: int = 24
    space_least_minutes: int = 30
    space_before_minutes: int = 0
    space_after_minutes: int = 0
    space_open_bookings: int = 2
    space_week_bookings: int = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to book. `right` is the kind of right it needs, `campus` None online."""

    session_id: int | None
    starts_at: datetime
    ends_at: datetime
    campus: str | None
    right: str
    free: bool = True
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What the person holds: open bookings by session, the ends of sessions missed this term, rights."""

    open: Mapping[int, Window]
    missed: Sequence[datetime]
    rights: Sequence[PassRight]


def check(wish: Wish, standing: Standing, policy: Policy, now: datetime) -> list[ErrorCode]:
    """All reasons against a booking, the main one first; empty when it may be made.

    Source: rules of the field (7 days ahead until 30 min before, at most 4 open, 2 no-shows pause for 2 weeks).
    """
    suspended = suspended_until(standing.missed, policy)
    answers = (
        (errors.SESSION_CANCELLED, wish.cancelled),
        (errors.ALREADY_BOOKED, wish.session_id in standing.open),
        (errors.TOO_LATE, now > wish.starts_at - timedelta(minutes=policy.closes_minutes)),
        (errors.TOO_EARLY, now < wish.starts_at - timedelta(days=policy.opens_days)),
        (errors.NO_RIGHT, not any(covers(right, wish) for right in standing.rights)),
        (errors.SUSPENDED, suspended is not None and now < suspended),
        (errors.OVERLAP, _overlaps(wish, standing.open)),
        (errors.TOO_MANY, len(standing.open) >= policy.open_bookings),
        (errors.FULL, not wish.free),
    )
    return [code for code, holds in answers if holds]


def against_queueing(
    reasons: Sequence[ErrorCode], wish: Wish, queues: Sequence[int], policy: Policy, now: datetime
) -> list[ErrorCode]:
    """All reasons against waiting for a place, the main one first. `reasons` are those against booking it now.

    Who has too many open bookings may wait: some will be over when a place comes free. Another booking at the same time
    will not, so it is refused here. Source: rules of the field (at most 5 queue places, the queue until 2 h before).
    """
    answers = (
        *((reason, True) for reason in reasons if reason not in (errors.FULL, errors.TOO_LATE, errors.TOO_MANY)),
        (errors.QUEUE_CLOSED, not may_cancel(wish.starts_at, policy, now)),
        (errors.ALREADY_QUEUED, wish.session_id in queues),
        (errors.TOO_MANY_QUEUES, len(queues) >= policy.queue_places),
        (errors.NOT_FULL, wish.free and not wish.cancelled),
    )
    return [code for code, holds in answers if holds]


class Turn(Enum):
    """What becomes of the next one in a queue."""

    PROMOTED = "gets the place"
    PASSED_OVER = "keeps the place in the queue, and the next one is asked"
    REMOVED = "waits no more, and is told why"
    NOBODY = "no place is left, or nobody could step back in time any more"


LASTING: Final = (errors.SESSION_CANCELLED, errors.ALREADY_BOOKED, errors.NO_RIGHT, errors.SUSPENDED)
"""Reasons that stand until the person does something, or for weeks."""


def turn(reasons: Sequence[ErrorCode], wish: Wish, policy: Policy, now: datetime) -> Turn:
    """Whose turn it is, by the reasons against a booking.

    Another booking at the same time and too many open ones pass by themselves or by one cancelled booking: such a
    person keeps what they have waited for, and a place goes to the next one rather than to nobody. Who has no right or
    is suspended would only make the queue look longer than it is: they are told what to do, and may join again. That
    booking is over does not count: who waits asked in time.
    """
    if not wish.free or not may_cancel(wish.starts_at, policy, now):
        return Turn.NOBODY
    if any(reason in LASTING for reason in reasons):
        return Turn.REMOVED
    return Turn.PASSED_OVER if set(reasons) - {errors.TOO_LATE} else Turn.PROMOTED


def covers(right: PassRight, wish: Wish) -> bool:
    """Whether a right holds for the wish at its start. One without campuses holds everywhere; online is everywhere."""
    return (
        right.kind == wish.right
        and (wish.campus is None or not right.campuses or wish.campus in right.campuses)
        and right.valid_from <= wish.starts_at < right.valid_until
    )


def _overlaps(wish: Wish, held: Mapping[int, Window]) -> bool:
    return any(
        start < wish.ends_at and wish.starts_at < end
        for session_id, (start, end) in held.items()
        if session_id != wish.session_id
    )


def suspended_until(missed: Iterable[datetime], policy: Policy) -> datetime | None:
    """Until when booking ahead is paused: two weeks from every second no-show of the term; None without one.

    `missed` are the ends of the missed sessions of the present term: marks are wiped at its end.
    """
    counted = sorted(missed)[policy.no_shows - 1 :: policy.no_shows]
    return counted[-1] + timedelta(days=policy.suspension_days) if counted else None


def words(policy: Policy, missed: Iterable[datetime] = ()) -> dict[str, str | int]:
    """What the sentences of a refusal name."""
    until = suspended_until(missed, policy)
    return {
        "days": policy.opens_days, "minutes": policy.closes_minutes, "most": policy.open_bookings,
        "no_shows": policy.no_shows, "cancel_minutes": policy.cancel_minutes,
        "queues": policy.queue_places, "until": _day(until) if until else "",
    }  # fmt: skip


def _day(at: datetime) -> str:
    local = to_helsinki(at)
    return f"{local.day}.{local.month}.{local.year}"


def may_cancel(starts_at: datetime, policy: Policy, now: datetime) -> bool:
    """Until 2 h before the start. Later the place could no longer be passed on, so the booking stands."""
    return now <= starts_at - timedelta(minutes=policy.cancel_minutes)


def bookable_places(capacity: int, kind: str, percent: int) -> int:
    """How many of the places can be booked, rounded down, so that those who drop in never have less than their share.

    At least one can be booked; a space for own use is booked as a whole.
    """
    return capacity if kind == "own_use" else max(1, capacity * percent // 100)


def fewest_places(booked: int, percent: int) -> int:
    """How many places a session needs at least so that `booked` of them can be booked; the reverse of the above."""
    return -(-booked * 100 // percent)


def right_for(kind: str) -> str:
    """The right that a kind of session needs."""
    return "court" if kind == "own_use" else "class"


def slices(start: datetime, end: datetime) -> range:
    """The five-minute slices that [start, end) touches, counted from 1970 in UTC."""
    first = int(start.timestamp()) // SLICE_SECONDS
    last = -(-int(end.timestamp()) // SLICE_SECONDS)
    return range(first, last)


def weekly(weekday: int, at: time, minutes: int, first: date, last: date) -> Iterator[tuple[date, datetime, datetime]]:
    """The days, starts and ends of a weekly session; the wall-clock start stays across a change of the clock.

    The length is elapsed time: a session over the night of a change is as long as any other.
    """
    day = first + timedelta(days=(weekday - first.isoweekday()) % 7)
    while day <= last:
        start = from_helsinki(day, at)
        yield day, start, start + timedelta(minutes=minutes)
        day += timedelta(days=7)
