"""When a space is free for own use, and what is against booking it. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from zone.booking.allocations import errors as allocations_errors
from zone.booking.allocations.rules import SLICE_SECONDS, slices
from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings.rules import BookerState, BookingRequest
from zone.booking.policies.rules import Policy
from zone.booking.reservations import errors
from zone.booking.sessions import rules as sessions_rules
from zone.core.errors import ErrorCode
from zone.core.time import Window, day_window, helsinki_date, iso_week, to_helsinki
from zone.places.opening_hours.rules import is_open

FINEST: Final = timedelta(minutes=5)
Names = Mapping[str, str]
Busy = Sequence[tuple[int, int]]
"""Runs [first, last) of five-minute slices that are held, apart and in order."""


@dataclass(frozen=True, slots=True)
class SpaceRules:
    """How a space may be booked, in minutes. `before` and `after` are held around a booking and not part of it."""

    step: int
    least: int
    most: int
    before: int
    after: int
    companions: int

    @property
    def lengths(self) -> range:
        """Every length that can be booked."""
        return range(-(-self.least // self.step) * self.step, self.most + 1, self.step)


@dataclass(frozen=True, slots=True)
class Court:
    """A space for own use over some days: its rules, when its campus is open, and when it is held."""

    id: int
    public_id: UUID
    campus: str
    campus_name: str
    name: Names
    rules: SpaceRules
    windows: Sequence[Window]
    busy: Busy


@dataclass(frozen=True, slots=True)
class Free:
    """A start that is free, and how many minutes can be booked from it at most."""

    starts_at: datetime
    longest: int


@dataclass(frozen=True, slots=True)
class ReservationRequest:
    """Which space a person wants, from when on and for how many minutes, and how many come along."""

    space: UUID
    start: datetime
    minutes: int
    companions: int = 0

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class CourtBooker:
    """What the person holds, and the spans of the spaces they booked: those to come, and this week's past ones."""

    standing: BookerState
    own_use: Sequence[Window]


@lru_cache(maxsize=128)
def starts_on(day: date, step: int) -> tuple[datetime, ...]:
    """The instants of a Helsinki day at which the wall clock is on a step, counted from its midnight.

    In the night of October the hour that comes twice has its starts twice; in March's the one that is skipped has none.
    """
    at, end = day_window(day)
    found = []
    while at < end:
        if _on_step(at, step):
            found.append(at)
        at += FINEST
    return tuple(found)


def _on_step(at: datetime, step: int) -> bool:
    local = to_helsinki(at)
    return (local.hour * 60 + local.minute) % step == 0 and local.second == local.microsecond == 0


def held_around(start: datetime, minutes: int, of: SpaceRules) -> Window:
    """The span that is held for a booking, with what the space needs around it; that may pass the opening hours."""
    return start - timedelta(minutes=of.before), start + timedelta(minutes=minutes + of.after)


def longest_from(court: Court, start: datetime) -> int:
    """How many minutes can be booked from a start on the grid at most; 0: none."""
    closes = next((closed for opened, closed in court.windows if opened <= start < closed), start)
    room = min(int((closes - start).total_seconds()) // 60, _minutes_unheld(court, start))
    return max((length for length in court.rules.lengths if length <= room), default=0)


def _minutes_unheld(court: Court, start: datetime) -> int:
    """How long a booking from `start` may last before it meets what is held next; 0 when it cannot begin."""
    of = court.rules
    first = slices(start - timedelta(minutes=of.before), start + FINEST).start
    following = bisect_right(court.busy, first, key=lambda run: run[1])
    if following == len(court.busy):
        return of.most
    begins = court.busy[following][0]
    return (
        0 if begins <= first else (begins * SLICE_SECONDS - int(start.timestamp())) // 60 - of.after
    )


def free_starts(court: Court, days: Iterable[date], within: Window) -> Iterator[Free]:
    """Every free start on some days, in order; `within` holds the first and the last start that may be booked now."""
    for day in days:
        for start in starts_on(day, court.rules.step):
            if within[0] <= start <= within[1] and (longest := longest_from(court, start)):
                yield Free(start, longest)


def bookable_now(policy: Policy, now: datetime) -> Window:
    """The first and the last start that may be booked at `now`."""
    return now + timedelta(minutes=policy.closes_minutes), now + timedelta(days=policy.opens_days)


def check(
    court: Court, wish: ReservationRequest, person: CourtBooker, policy: Policy, now: datetime
) -> list[ErrorCode]:
    """All reasons against a booking, the main one first; empty when it may be made."""
    asked = BookingRequest(
        None, wish.start, wish.end, court.campus, sessions_rules.right_for("own_use")
    )
    coming = [span for span in person.own_use if span[1] > now]
    in_week = [span for span in person.own_use if _week(span[0]) == _week(wish.start)]
    own = (
        (errors.TOO_MANY_COMPANIONS, wish.companions > court.rules.companions),
        (errors.TOO_MANY_SPACE_BOOKINGS, len(coming) >= policy.space_open_bookings),
        (errors.SPACE_WEEK_FULL, len(in_week) >= policy.space_week_bookings),
    )
    return [
        *_against_time(court, wish),
        *bookings_rules.check(asked, person.standing, policy, now),
        *(code for code, holds in own if holds),
    ]


def _week(at: datetime) -> tuple[int, int]:
    return iso_week(helsinki_date(at))


def _against_time(court: Court, wish: ReservationRequest) -> list[ErrorCode]:
    if wish.minutes not in court.rules.lengths or not _on_step(wish.start, court.rules.step):
        return [errors.BAD_BOOKING_TIME]
    answers = (
        (errors.PLACE_CLOSED, not is_open(court.windows, wish.start, wish.end)),
        (
            allocations_errors.SPACE_TAKEN,
            is_held(court.busy, *held_around(wish.start, wish.minutes, court.rules)),
        ),
    )
    return [code for code, holds in answers if holds]


def is_held(busy: Busy, start: datetime, end: datetime) -> bool:
    """Whether something is held in [start, end)."""
    wanted = slices(start, end)
    return any(first < wanted.stop and wanted.start < last for first, last in busy)


def merged(runs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs of slices made one where they touch: sessions in different parts of a space may overlap."""
    whole: list[tuple[int, int]] = []
    for first, last in sorted(runs):
        if whole and first <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(last, whole[-1][1]))
        else:
            whole.append((first, last))
    return whole


def words(court: Court, person: CourtBooker, policy: Policy) -> dict[str, str | int]:
    """What the sentences of a refusal name."""
    of = court.rules
    return {
        **bookings_rules.words(policy, person.standing.missed),
        "step": of.step,
        "least": of.least,
        "longest": of.most,
        "companions": of.companions,
        "space_open": policy.space_open_bookings,
        "space_week": policy.space_week_bookings,
    }


def alternatives(
    courts: Sequence[Court],
    wish: ReservationRequest,
    days: Sequence[date],
    person: CourtBooker,
    policy: Policy,
    now: datetime,
) -> list[tuple[Court, datetime]]:
    """What this person could book instead for as long, the nearest first, at most six.

    Another court at the same time and the same court at other times come first, up to three of each; where there are
    none, anything else that is free.
    """
    within = bookable_now(policy, now)
    free = [
        (court, found.starts_at)
        for court in courts
        for found in free_starts(court, days, within)
        if wish.minutes in court.rules.lengths and wish.minutes <= found.longest
    ]
    free.sort(key=lambda slot: (abs(slot[1] - wish.start), slot[1], slot[0].id))
    there = [slot for slot in free if slot[0].public_id == wish.space]
    then = [slot for slot in free if slot[1] == wish.start and slot[0].public_id != wish.space]
    offered = [
        *_bookable(then, wish, person, policy, now),
        *_bookable(there, wish, person, policy, now),
    ]
    return offered or _bookable(free, wish, person, policy, now)


def _bookable(
    slots: Iterable[tuple[Court, datetime]],
    wish: ReservationRequest,
    person: CourtBooker,
    policy: Policy,
    now: datetime,
    most: int = 3,
) -> list[tuple[Court, datetime]]:
    """The first few of these slots that nothing is against."""
    found: list[tuple[Court, datetime]] = []
    for court, start in slots:
        asked = ReservationRequest(court.public_id, start, wish.minutes, wish.companions)
        if len(found) < most and not check(court, asked, person, policy, now):
            found.append((court, start))
    return found


def bookable_days(policy: Policy, now: datetime) -> list[date]:
    """Today and the days on which something can be booked already."""
    return [helsinki_date(now) + timedelta(days=n) for n in range(policy.opens_days + 1)]
