"""When a space is free for own use, and the reasons against reserving it. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from uuid import UUID

from zone.booking.activities.rules import KINDS
from zone.booking.allocations import errors as allocations_errors
from zone.booking.allocations.rules import SLICE_SECONDS, slices
from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings.rules import BookerState, BookingRequest
from zone.booking.policies.rules import Policy
from zone.booking.reservations import errors
from zone.core.errors import ErrorCode
from zone.core.time import Window, day_window, helsinki_date, iso_week, to_helsinki
from zone.passes.entitlements.rules import most_companions
from zone.places.opening_hours.rules import is_open

# As long as a slice of a hold: no start that is offered lies inside a slice.
FINEST: Final = timedelta(minutes=5)
CLOCK_CHANGE: Final = timedelta(hours=2)
"""More than the time by which days of the wall clock and days of 24 h can differ."""
AROUND: Final = 15
"""Days that are shown, and looked at for another time, around the one that is asked for."""
Names = Mapping[str, str]
Busy = Sequence[tuple[int, int]]
"""Runs [first, last) of five-minute slices that are held: in order, and not touching."""


@dataclass(frozen=True, slots=True)
class SpaceRules:
    """How a space may be reserved, in minutes.

    `before` and `after` are held around a reservation.
    """

    step: int
    least: int
    most: int
    before: int
    after: int
    companions: int

    @property
    def lengths(self) -> range:
        """The lengths that can be booked: multiples of `step`."""
        # -(-a // b) rounds up: lengths are multiples of `step`, not below `least`.
        return range(-(-self.least // self.step) * self.step, self.most + 1, self.step)


@dataclass(frozen=True, slots=True)
class Court:
    """A space for own use: its rules, and when its campus is open and it is held on some days."""

    id: int
    public_id: UUID
    campus: str
    campus_name: str
    name: Names
    rules: SpaceRules
    windows: Sequence[Window]
    busy: Busy


@dataclass(frozen=True, slots=True)
class FreeStart:
    """A free start, and the longest reservation from it in minutes."""

    starts_at: datetime
    longest: int


@dataclass(frozen=True, slots=True)
class ReservationRequest:
    """The space, start, minutes and number of companions that a person asks for."""

    space: UUID
    start: datetime
    minutes: int
    companions: int = 0

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class CourtBooker:
    """What a person has, the times of their reservations from this week on, and how many come along
    on each day.
    """

    state: BookerState
    own_use: Sequence[Window]
    companions: Mapping[date, int] = field(default_factory=dict)


# Cached: a day takes 288 conversions to the Helsinki clock, and every court of a grid needs them.
@lru_cache(maxsize=128)
def starts_on(day: date, step: int) -> tuple[datetime, ...]:
    """Return the instants of a Helsinki day whose wall clock is a multiple of `step` minutes."""
    at, end = day_window(day)
    starts = []
    # Over instants, not clock times: the hour repeated in October has its starts twice, the one
    # skipped in March none.
    while at < end:
        if _on_step(at, step):
            starts.append(at)
        at += FINEST
    return tuple(starts)


def _on_step(at: datetime, step: int) -> bool:
    local = to_helsinki(at)
    return (local.hour * 60 + local.minute) % step == 0 and local.second == local.microsecond == 0


def held_around(start: datetime, minutes: int, space_rules: SpaceRules) -> Window:
    """Return the time held for a reservation; it may exceed the opening hours."""
    return start - timedelta(minutes=space_rules.before), start + timedelta(
        minutes=minutes + space_rules.after
    )


def longest_from(court: Court, start: datetime) -> int:
    """Return the longest reservation from a start, in minutes; 0: none."""
    # Closed at `start`: the campus "closes" then, and nothing can be booked.
    # The windows are in order and apart, so only the last one that opens by then can be open.
    opened = bisect_right(court.windows, start, key=lambda window: window[0])
    closes = max(court.windows[opened - 1][1], start) if opened else start
    available = min(int((closes - start).total_seconds()) // 60, _minutes_unheld(court, start))
    return max((length for length in court.rules.lengths if length <= available), default=0)


def _minutes_unheld(court: Court, start: datetime) -> int:
    """Return the minutes from `start` to the next hold, less `after`; 0 when it is held."""
    space_rules = court.rules
    # From `before` on, which is held too: a hold that ends in these minutes is in the way.
    first = slices(start - timedelta(minutes=space_rules.before), start + FINEST).start
    # The runs are sorted and apart, so the first one that ends after `first` is the only one in the
    # way.
    following = bisect_right(court.busy, first, key=lambda run: run[1])
    if following == len(court.busy):
        return space_rules.most
    begins = court.busy[following][0]
    return (
        0
        if begins <= first
        else (begins * SLICE_SECONDS - int(start.timestamp())) // 60 - space_rules.after
    )


def free_starts(
    court: Court, days: Iterable[date], bookable: Callable[[datetime], bool]
) -> Iterator[FreeStart]:
    """Yield the free starts on some days that are bookable, in order."""
    for day in days:
        starts = starts_on(day, court.rules.step)
        # Only those at which it is open: a closed day has 288 starts of five minutes to leave out.
        for opens, closes in court.windows:
            for start in starts[bisect_left(starts, opens) : bisect_left(starts, closes)]:
                if bookable(start) and (longest := longest_from(court, start)):
                    yield FreeStart(start, longest)


def bookable_now(policy: Policy, now: datetime) -> Callable[[datetime], bool]:
    """Return which starts may be booked at `now`, as `bookings.rules.check` decides it."""
    first = now + timedelta(minutes=policy.closes_minutes)
    about = now + timedelta(days=policy.opens_days)

    def bookable(start: datetime) -> bool:
        if start < first or start > about + CLOCK_CHANGE:
            return False
        # The wall clock is asked at the edge only: a grid has thousands of starts.
        return start < about - CLOCK_CHANGE or policy.opens_at(start) <= now

    return bookable


def check(
    court: Court, requested: ReservationRequest, person: CourtBooker, policy: Policy, now: datetime
) -> list[ErrorCode]:
    """Return all reasons against a reservation, the main one first; empty when it is allowed."""
    # A reservation counts until its end; then the next one can be made.
    future = [span for span in person.own_use if span[1] > now]
    # ISO weeks of the Helsinki day: Monday 00:30 in Helsinki is still Sunday in UTC.
    in_week = [span for span in person.own_use if _week(span[0]) == _week(requested.start)]
    conditions = (
        (
            errors.TOO_MANY_COMPANIONS,
            requested.companions > companions_allowed(court, requested, person),
        ),
        (errors.TOO_MANY_SPACE_BOOKINGS, len(future) >= policy.space_open_bookings),
        (errors.SPACE_WEEK_FULL, len(in_week) >= policy.space_week_bookings),
    )
    return [
        # Before the rules of a booking: a time that the space does not have is the reason to name
        # first.
        *_against_time(court, requested),
        # Everybody sees the same days of the courts, so booking opens alike too.
        *bookings_rules.check(
            _as_booking(court, requested), person.state, policy, now, opens_alike=True
        ),
        *(code for code, holds in conditions if holds),
    ]


def _as_booking(court: Court, requested: ReservationRequest) -> BookingRequest:
    return BookingRequest(
        None, requested.start, requested.end, court.campus, KINDS["own_use"].right
    )


def companions_allowed(court: Court, requested: ReservationRequest, person: CourtBooker) -> int:
    """Return how many a person may bring: by the space, and by their passes in the day."""
    booking = _as_booking(court, requested)
    by_pass = most_companions(
        right.conditions.companions
        for right in person.state.rights
        if bookings_rules.covers(right, booking, requested.start)
    )
    if by_pass is None:
        return court.rules.companions
    taken = person.companions.get(helsinki_date(requested.start), 0)
    return min(court.rules.companions, max(by_pass - taken, 0))


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A limit of reservations that a person has reached, and the instant from which they are
    below it again.

    `kind`: week, the limit of the week of the day in question; open, that of future ones.
    """

    kind: Literal["week", "open"]
    most: int
    until: datetime

    @property
    def day(self) -> date:
        """The Helsinki day of that instant."""
        return helsinki_date(self.until)


def limit_reached(
    own_use: Sequence[Window], policy: Policy, day: date, now: datetime
) -> LimitReached | None:
    """Return the limit that keeps a person from another reservation on a day, as `check` does."""
    future = sorted(end for _, end in own_use if end > now)
    if len(future) >= policy.space_open_bookings > 0:
        until = future[len(future) - policy.space_open_bookings]
        return LimitReached("open", policy.space_open_bookings, until)
    in_week = [span for span in own_use if _week(span[0]) == iso_week(day)]
    if len(in_week) >= policy.space_week_bookings:
        monday = day + timedelta(days=7 - day.weekday())
        return LimitReached("week", policy.space_week_bookings, day_window(monday)[0])
    return None


def _week(at: datetime) -> tuple[int, int]:
    return iso_week(helsinki_date(at))


def _against_time(court: Court, requested: ReservationRequest) -> list[ErrorCode]:
    if requested.minutes not in court.rules.lengths or not _on_step(
        requested.start, court.rules.step
    ):
        # Alone: whether the place is open or free at an impossible time helps nobody.
        return [errors.BAD_BOOKING_TIME]
    conditions = (
        (errors.PLACE_CLOSED, not is_open(court.windows, requested.start, requested.end)),
        (
            allocations_errors.SPACE_TAKEN,
            is_held(court.busy, *held_around(requested.start, requested.minutes, court.rules)),
        ),
    )
    return [code for code, holds in conditions if holds]


def is_held(busy: Busy, start: datetime, end: datetime) -> bool:
    """Return whether something is held during [start, end)."""
    requested = slices(start, end)
    return any(first < requested.stop and requested.start < last for first, last in busy)


def merged(runs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join runs of slices that touch or overlap: parts of a space may be held separately."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(runs):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def message_params(
    court: Court, person: CourtBooker, policy: Policy, requested: ReservationRequest
) -> dict[str, int | datetime]:
    """Return the numbers that the sentences of a refusal name."""
    space_rules = court.rules
    return {
        **bookings_rules.message_params(policy, person.state.banned_until),
        "step": space_rules.step,
        "least": space_rules.least,
        "longest": space_rules.most,
        "companions": companions_allowed(court, requested, person),
        "space_open": policy.space_open_bookings,
        "space_week": policy.space_week_bookings,
    }


def alternatives(
    courts: Sequence[Court],
    requested: ReservationRequest,
    days: Sequence[date],
    person: CourtBooker,
    policy: Policy,
    now: datetime,
) -> list[tuple[Court, datetime]]:
    """Return what this person could reserve instead for as long, the nearest first.

    Up to three other courts at the same time and three other times of the same court; where there
    are none, up to three of any court at any time.
    """
    bookable = bookable_now(policy, now)
    free = [
        (court, start.starts_at)
        for court in courts
        if requested.minutes in court.rules.lengths
        for start in free_starts(court, days, bookable)
        if requested.minutes <= start.longest
    ]
    # The nearest start; of two as near, the earlier one, then the space's id: the answer is always
    # the same.
    free.sort(key=lambda option: (abs(option[1] - requested.start), option[1], option[0].id))
    same_court = [option for option in free if option[0].public_id == requested.space]
    same_time = [
        option
        for option in free
        if option[1] == requested.start and option[0].public_id != requested.space
    ]
    offered = [
        *_bookable(same_time, requested, person, policy, now),
        *_bookable(same_court, requested, person, policy, now),
    ]
    return offered or _bookable(free, requested, person, policy, now)


def _bookable(
    options: Iterable[tuple[Court, datetime]],
    requested: ReservationRequest,
    person: CourtBooker,
    policy: Policy,
    now: datetime,
    most: int = 3,
) -> list[tuple[Court, datetime]]:
    """Return the first few of these slots without a reason against them."""
    bookable: list[tuple[Court, datetime]] = []
    for court, start in options:
        alternative = ReservationRequest(
            court.public_id, start, requested.minutes, requested.companions
        )
        if len(bookable) < most and not check(court, alternative, person, policy, now):
            bookable.append((court, start))
    return bookable


def bookable_days(policy: Policy, now: datetime) -> list[date]:
    """Return today and the days that can be booked already."""
    # `+ 1`: at noon, 7 days ahead ends at noon of the eighth day counted from today.
    return [helsinki_date(now) + timedelta(days=n) for n in range(policy.opens_days + 1)]


def days_around(days: Sequence[date], day: date, most: int = AROUND) -> Sequence[date]:
    """Return the days around one of them, at most so many; a policy may open a year of them."""
    first = min(bisect_right(days, day - timedelta(days=most // 2)), max(len(days) - most, 0))
    return days[first : first + most]
