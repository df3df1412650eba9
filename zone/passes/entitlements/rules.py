"""What a pass lets its holder do besides what it opens, and when. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from zone.core.time import Window, day_window, from_helsinki, helsinki_date, is_skipped

OPENS: Final = "opens"
CAMPUS: Final = "campus"
ACTIVITY: Final = "activity"
SINGLE: Final = "single_activity"
HOURS: Final = "hours"
EARLIER: Final = "booking_earlier"
COMPANIONS: Final = "companions"
NAMED: Final = (OPENS, CAMPUS, ACTIVITY, SINGLE)
"""The kinds of entitlements that name what is opened, a campus, a kind of sessions, an activity."""
NUMBERED: Final = (EARLIER, COMPANIONS)
"""The kinds of entitlements with a number: of days of earlier booking, of companions a day."""
KINDS: Final = (*NAMED, HOURS, *NUMBERED)

ACTIVITIES: Final = (
    "class",
    "course",
    "low_threshold",
    "online",
    "ball_turn",
    "club_turn",
    "event",
)
"""The kinds of sessions to which a pass may be limited: those of `booking.activities`."""
OF_SESSIONS: Final = "class"
"""The right that such a limit is one of."""

EVERY_DAY: Final = (1, 2, 3, 4, 5, 6, 7)
A_DAY: Final = 24 * 60
MOST_HOURS: Final = 4
MOST_EARLIER: Final = 30
MOST_COMPANIONS: Final = 9
MOST_SINGLE: Final = 20
_A_MONDAY: Final = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class UseHours:
    """A time of the Helsinki week in which a pass can be used.

    `weekdays`: 1 for Monday. `first` and `until` are minutes of the day, `until` not included.
    """

    weekdays: tuple[int, ...]
    first: int = 0
    until: int = A_DAY

    def includes(self, at: datetime) -> bool:
        """Return whether an instant is in it."""
        day = helsinki_date(at)
        if day.isoweekday() not in self.weekdays:
            return False
        start, end = self.window_on(day)  # that of the doors: they and bookings never differ
        return start <= at < end

    def window_on(self, day: date) -> Window:
        """Return its time on a day that is one of its weekdays."""
        # By the clock on the wall, also on the days of 23 and 25 hours: an hour that is repeated is
        # in it both times, and from a time that is skipped on it begins as soon as the clock can.
        end = day_window(day)[1] if self.until == A_DAY else _on(day, clock(self.until), fold=1)
        return _on(day, clock(self.first)), end

    @property
    def opens(self) -> time | None:
        """When it begins; None: with the day."""
        return clock(self.first) if self.first else None

    @property
    def closes(self) -> time | None:
        """When it ends; None: with the day."""
        return clock(self.until) if self.until < A_DAY else None

    @property
    def runs(self) -> list[tuple[date, date]]:
        """The weekdays as runs of days of one week, to be named; none: every day."""
        runs: list[tuple[date, date]] = []
        if self.weekdays == EVERY_DAY:
            return runs
        for day in (_A_MONDAY + timedelta(days=number - 1) for number in self.weekdays):
            if runs and (day - runs[-1][1]).days == 1:
                runs[-1] = (runs[-1][0], day)
            else:
                runs.append((day, day))
        return runs


def _on(day: date, at: time, *, fold: int = 0) -> datetime:
    # The clock skips whole hours, so the skipped one ends where its first minute is read.
    return from_helsinki(day, time(at.hour) if is_skipped(day, at) else at, fold=fold)


def clock(minutes: int) -> time:
    """Return the time of a minute of the day."""
    return time(minutes // 60, minutes % 60)


@dataclass(frozen=True, slots=True)
class SingleActivity:
    """An activity of which a pass gives the sessions, with its names when it was chosen.

    `root` is what its public id began as (`booking.activities`): texts, level and name may change.
    """

    root: UUID
    name_fi: str
    name_sv: str
    name_en: str


@dataclass(frozen=True)
class Conditions:
    """When a pass can be used (no `hours`: always), and what it gives its holder.

    Booking opens `days_earlier` than for others. With `companions` so many may come along in a
    day; None: as many as the space allows. With `activities`, of ACTIVITIES, or
    `single_activities` it gives sessions of these kinds and of these activities only, and opens the
    doors to them for those who have booked.
    """

    hours: tuple[UseHours, ...] = ()
    days_earlier: int = 0
    companions: int | None = None
    activities: tuple[str, ...] = ()
    single_activities: tuple[SingleActivity, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is anything to say."""
        return self != NONE

    def gives_at(self, at: datetime) -> bool:
        """Return whether the pass can be used at an instant."""
        return not self.hours or any(hours.includes(at) for hours in self.hours)

    @property
    def limits_sessions(self) -> bool:
        """Whether it gives some sessions only."""
        return bool(self.activities or self.single_activities)

    @cached_property
    def roots(self) -> frozenset[UUID]:
        """The single activities that it gives, by their roots."""
        return frozenset(one.root for one in self.single_activities)

    def gives_activity(self, kind: str, root: UUID | None) -> bool:
        """Return whether the pass gives sessions of a kind that are of the activity `root`."""
        return not self.limits_sessions or kind in self.activities or root in self.roots

    def covers(self, other: "Conditions") -> bool:
        """Return whether it gives all that other conditions do."""
        activities = not self.limits_sessions or (
            other.limits_sessions
            and set(other.activities) <= set(self.activities)
            and other.roots <= self.roots
        )
        hours = not self.hours or bool(other.hours and other._minutes <= self._minutes)
        companions = self.companions is None or (
            other.companions is not None and other.companions <= self.companions
        )
        return hours and companions and activities and self.days_earlier >= other.days_earlier

    @cached_property
    def _minutes(self) -> frozenset[tuple[int, int]]:
        return frozenset(
            (day, minute)
            for hours in self.hours
            for day in hours.weekdays
            for minute in range(hours.first, hours.until)
        )


NONE: Final = Conditions()
"""Those of a pass that can be used at any time and gives nothing more."""


@dataclass(frozen=True, slots=True)
class Rights:
    """All that a pass or a product gives: what it opens, at which campuses (empty: at every one),
    and on which conditions.
    """

    opens: Collection[str]
    campuses: Collection[str] = ()
    conditions: Conditions = NONE

    def covers(self, other: "Rights") -> bool:
        """Return whether they give all that others do."""
        # `bool(campuses …)`: a product without campuses is for all of them, which a pass for some
        # does not cover, although the empty set is a subset.
        everywhere = not self.campuses or bool(
            other.campuses and set(other.campuses) <= set(self.campuses)
        )
        opens = set(other.opens) <= set(self.opens)
        return opens and everywhere and self.conditions.covers(other.conditions)


def as_stored(conditions: Conditions) -> list[Any]:
    """Return conditions as they stand in a column of JSON: a row for each."""
    rows: list[Any] = [
        [HOURS, list(hours.weekdays), hours.first, hours.until] for hours in conditions.hours
    ]
    if conditions.days_earlier:
        rows.append([EARLIER, conditions.days_earlier])
    if conditions.companions is not None:
        rows.append([COMPANIONS, conditions.companions])
    if conditions.activities:
        rows.append([ACTIVITY, list(conditions.activities)])
    if conditions.single_activities:
        named = conditions.single_activities
        rows.append(
            [SINGLE, [[str(one.root), one.name_fi, one.name_sv, one.name_en] for one in named]]
        )
    return rows


def as_compared(conditions: Conditions) -> list[Any]:
    """Return what conditions give as rows to be compared: without the names of activities."""
    roots = sorted(map(str, conditions.roots))
    rows = as_stored(replace(conditions, single_activities=()))
    return [*rows, [SINGLE, roots]] if roots else rows


def from_stored(rows: Sequence[Any]) -> Conditions:
    """Return the conditions of a column; most passes have none."""
    if not rows:
        return NONE
    known = {kind: rest[0] for kind, *rest in rows if kind != HOURS}
    return Conditions(
        tuple(UseHours(tuple(rest[0]), *rest[1:]) for kind, *rest in rows if kind == HOURS),
        known.get(EARLIER, 0),
        known.get(COMPANIONS),
        tuple(known.get(ACTIVITY, ())),
        tuple(SingleActivity(UUID(root), *names) for root, *names in known.get(SINGLE, ())),
    )


def windows_within(
    hours: Iterable[UseHours], window: Window, days: Iterable[date]
) -> Iterator[Window]:
    """Yield the times of these days that are in one of the hours and in a window."""
    listed = tuple(hours)
    for day in days:
        for one in listed:
            if day.isoweekday() not in one.weekdays:
                continue
            start, end = one.window_on(day)
            start, end = max(start, window[0]), min(end, window[1])
            if start < end:
                yield start, end


def most_companions(of_passes: Iterable[int | None]) -> int | None:
    """Return how many companions a person may have in a day by several passes; None: any number."""
    numbers = list(of_passes)
    known = [number for number in numbers if number is not None]
    return max(known) if known and len(known) == len(numbers) else None
