"""What became of a pass: its days, pauses and end, derived from its events. Pure.

Theory of operation. A pass is sold for days, both included. Each event of `MOVING` moves its last
day or takes days out of it; each of `ENDINGS` ends it. Nothing else decides what it gives on a day.
The row of a pass stores the derived days, so that doors and bookings read them without its events;
`zone doctor` derives them again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from zone.core.time import Window, day_window

A_DAY: Final = timedelta(days=1)

ENDINGS: Final = ("refunded", "replaced", "upgraded", "ended")
"""Events that end a pass, the first one being what it is called where there are several: the refund
of an order also ends passes that were replaced before."""

MOVING: Final = ("paused", "resumed", "extended", "moved")
"""Events that change the days of a pass."""

Days = tuple[date, date]
"""A first and a last day, both included."""


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """An event of a pass. `number` is its place among all events: later ones know the earlier ones.

    `first_day` and `last_day`: of `paused` the pause; of `resumed` the first day of the pause that
    it ends, and the last day that stays paused (the day before the first: none does). `days`: by
    how many `extended` moves the last day, and `moved` both days. `on` is the Helsinki day on which
    it happened.
    """

    number: int
    kind: str
    first_day: date | None = None
    last_day: date | None = None
    days: int = 0
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """The days of a pass, both included, the pauses among them by time, and what ended it."""

    starts_on: date
    ends_on: date
    pauses: tuple[Days, ...] = ()
    end: str | None = None

    def pause_on(self, day: date) -> Days | None:
        """Return the pause in which a day lies."""
        return next((pause for pause in self.pauses if pause[0] <= day <= pause[1]), None)

    def gives_on(self, day: date) -> bool:
        """Return whether the pass gives its rights on a day, as far as it has not ended."""
        return self.starts_on <= day <= self.ends_on and self.pause_on(day) is None


def life_of(sold: Days, events: Iterable[LifeEvent], length_days: int | None = None) -> Life:
    """Return what became of a pass that was sold for these days, by its events in any order.

    With `length_days` it lasts so long from its first activation, at the latest the last day sold.
    """
    pauses: dict[date, date] = {}
    kinds, moved, more, activated = set(), 0, 0, list[date]()
    for event in sorted(events, key=lambda event: event.number):
        kinds.add(event.kind)
        if event.kind == "activated" and event.on:
            activated.append(event.on)
        elif event.first_day and event.last_day and event.kind in ("paused", "resumed"):
            pauses[event.first_day] = event.last_day
        elif event.kind == "extended":
            more += event.days
        elif event.kind == "moved":
            moved += event.days
    # A pause that was called off before it began ends before its first day: it is none.
    paused = sorted((first, last) for first, last in pauses.items() if first <= last)
    days = more + sum(length(pause) for pause in paused)
    first, last = sold[0] + moved * A_DAY, sold[1] + moved * A_DAY
    if length_days is not None and activated:
        # By the earliest: the order in which doors report them does not matter.
        last = min(activated) + (length_days - 1) * A_DAY
    last += days * A_DAY
    return Life(first, last, tuple(paused), next((end for end in ENDINGS if end in kinds), None))


def length(days: Days) -> int:
    """Return how many days there are from the first to the last."""
    return (days[1] - days[0]).days + 1


def state_on(life: Life, day: date) -> str:
    """Return the state of a pass on a day: what ended it, not_yet, expired, paused or valid."""
    if life.end:
        return life.end
    if day < life.starts_on:
        return "not_yet"
    if day > life.ends_on:
        return "expired"
    return "valid" if life.pause_on(day) is None else "paused"


def windows(starts_on: date, ends_on: date, pauses: Sequence[Days]) -> list[Window]:
    """Return the times in which a pass with these days and pauses gives its rights."""
    # Half-open, in whole Helsinki days: 31 December is valid to 24.00, 22.00 UTC.
    found, first = [], starts_on
    for pause in pauses:
        if first < pause[0]:
            found.append((day_window(first)[0], day_window(pause[0])[0]))
        first = max(first, pause[1] + A_DAY)
    if first <= ends_on:
        found.append((day_window(first)[0], day_window(ends_on)[1]))
    return found


def as_stored(pauses: Iterable[Days]) -> list[list[str]]:
    """Return pauses as the row of a pass stores them."""
    return [[first.isoformat(), last.isoformat()] for first, last in pauses]


def from_stored(stored: Iterable[Any]) -> tuple[Days, ...]:
    """Return the pauses of a stored row."""
    return tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in stored)


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """An event as people see it: what, when, by whom (holder, order, door, desk or staff), why."""

    kind: str
    at: datetime
    by: str
    reason: str | None
    cause: str | None
    first_day: date | None
    last_day: date | None
    days: int | None
