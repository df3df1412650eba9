"""The details of a weekly class, and its days and times. Pure."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from dateutil.rrule import WEEKLY, rrule

from zone.booking.affected_people.rules import CancelledSession
from zone.booking.moves.rules import MovedSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.weekly_classes.errors import CLASS_OVER
from zone.core.errors import DomainError
from zone.core.time import Window, from_helsinki, is_skipped, repeated_hour
from zone.places.calendar.rules import CalendarEntry
from zone.places.opening_hours.rules import is_open

LONGEST_LOOK: Final = timedelta(days=400)
"""How far ahead the days of a class are looked at: over the whole of a coming term."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """When a weekly session falls: weekdays (1 Monday), Helsinki wall clock, first and last day."""

    weekdays: tuple[int, ...]
    starts_at: time
    minutes: int
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """A requested change of a class from `from_day` on. `version`: the one that the editor read."""

    details: ClassDetails
    when: Weekly
    version: int
    from_day: date
    reason: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """The number of sessions created, and the days left out: campus closed, or space taken."""

    made: int = 0
    closed: tuple[date, ...] = ()
    clashes: tuple[date, ...] = ()

    def __add__(self, other: "Expansion") -> "Expansion":
        return Expansion(
            self.made + other.made, self.closed + other.closed, self.clashes + other.clashes
        )


@dataclass(frozen=True, slots=True)
class ClassDay:
    """A day of a weekly class that is not as usual.

    `closed`: it is left out, as the campus is not open at its time; `unplanned` and `holiday`: it
    falls on a public holiday that nobody has planned, or that is as usual; `break`: in a break.
    `names`: of the holiday, or why the campus is closed, by language.
    """

    day: date
    kind: Literal["closed", "unplanned", "holiday", "break"]
    names: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ClassChange:
    """The effects of a change. `rule` is the class afterwards, a new one if it `moved`.

    `sessions` are those that move with their people.
    `ended` are those that are cancelled, with their starts in `cancelled` and the number of their
    bookings in `people`;
    `made` and `changed` count sessions; `closed` has the days left out because the campus is
    closed. `skipped` and `repeated` have the starts, of all its days, in an hour that the clock
    skips or repeats, and `days` those that are not as usual. `unchanged`: the class is as it was.
    """

    rule: uuid.UUID
    moved: bool = False
    sessions: tuple[MovedSession, ...] = ()
    ended: tuple[CancelledSession, ...] = ()
    made: int = 0
    changed: int = 0
    closed: tuple[date, ...] = ()
    skipped: tuple[datetime, ...] = ()
    repeated: tuple[datetime, ...] = ()
    days: tuple[ClassDay, ...] = ()
    unchanged: bool = False

    @property
    def cancelled(self) -> tuple[datetime, ...]:
        """The starts of the sessions that are cancelled."""
        return tuple(one.starts_at for one in self.ended)

    @property
    def people(self) -> int:
        """The number of bookings of those."""
        return sum(one.booked for one in self.ended)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A session of a weekly class in the hour that the clock skips or repeats.

    `starts_at` is when it is held: an hour later by the clock where that hour is skipped, and the
    first time, in summer time, where it is repeated.
    """

    day: date
    starts_at: datetime
    skipped: bool


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of what differs, without the first day, which an editor cannot change."""
    return [name for name in before if name != "first_on" and before[name] != after[name]]


def clock_changes(when: Weekly, today: date) -> list[ClockChange]:
    """Return the sessions from today on whose start the clock skips or repeats."""
    days = weekly(when, first=today)
    found = ((day, start, is_skipped(day, when.starts_at)) for day, start, _ in days)
    return [
        ClockChange(day, start, skipped)
        for day, start, skipped in found
        if skipped or repeated_hour(start)
    ]


def days_to_know(
    days: Iterable[tuple[date, datetime, datetime]],
    windows: Sequence[Window] | None,
    entries: Sequence[CalendarEntry],
) -> list[ClassDay]:
    """Return those of a class's days that are not as usual, in order.

    `windows`: when its campus is open; None: it is held online.
    """
    found = []
    for day, start, end in days:
        of_day = [entry for entry in entries if entry.first <= day <= entry.last]
        named = next((entry for entry in of_day if entry.names), None)
        names = named.names if named else None
        if windows is not None and not is_open(windows, start, end):
            found.append(ClassDay(day, "closed", names))
        elif named and named.kind == "holiday":
            found.append(
                ClassDay(day, "unplanned" if named.state == "unplanned" else "holiday", names)
            )
        elif any(entry.kind == "break" for entry in of_day):
            found.append(ClassDay(day, "break"))
    return found


def weekly(
    when: Weekly, *, first: date = date.min, last: date = date.max
) -> Iterator[tuple[date, datetime, datetime]]:
    """Yield the days, starts and ends of a weekly session; of those between two days, if given."""
    first, last = max(first, when.first_on), min(last, when.last_on)
    if first > last:
        return
    # Calendar days, without a time: dateutil would add 24 hours where a day has 23 or 25.
    days = rrule(
        WEEKLY,
        byweekday=[day - 1 for day in when.weekdays],
        dtstart=datetime.combine(first, time()),
        until=datetime.combine(last, time()),
    )
    for midnight in days:
        # The wall-clock start stays when clocks change; the length is elapsed time (`start` is
        # UTC), also that night.
        start = from_helsinki(midnight.date(), when.starts_at)
        yield midnight.date(), start, start + timedelta(minutes=when.minutes)


def refuse_past(when: Weekly, now: datetime) -> None:
    """Refuse days of which none is still to come.

    Raises:
        DomainError: class_over.
    """
    if not any(start > now for _, start, _ in weekly(when)):
        raise DomainError(CLASS_OVER)
