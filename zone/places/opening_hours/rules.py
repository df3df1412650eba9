"""The open windows of a campus, from its ordinary week and the exceptions. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from zone.core.i18n import LANGUAGES
from zone.core.time import Window, from_helsinki, helsinki_date

A_DAY: Final = timedelta(days=1)
LAST_MINUTE: Final = time(23, 59)
"""A closing time of 23:59 means midnight, as 00:00 does: the wall clock has no 24:00."""
AHEAD: Final = (timedelta(days=2), timedelta(days=35))
"""How far the next opening is looked for: at first near, then over the longest break."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of one weekday (1 Monday … 7 Sunday) in Helsinki wall-clock time.

    `valid_from` and `valid_until` are both included.
    """

    weekday: int
    opens: time
    closes: time
    valid_from: date
    valid_until: date | None = None

    def applies(self, day: date) -> bool:
        """Return whether these hours are valid on a day of their weekday."""
        return (
            self.weekday == day.isoweekday()
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )


DayHours = tuple[time, time]
"""Opening and closing time, Helsinki wall-clock time; closing first means on the next day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekChange:
    """New ordinary hours of some weekdays from a day on; no `hours`: closed from then on.

    `also`: the second opening of a day that opens twice. `replaces`: instead of those that begin on
    the same day; otherwise beside them, as for one opening more.
    """

    weekdays: Collection[int]
    hours: DayHours | None
    valid_from: date
    valid_until: date | None = None
    replaces: bool = True
    also: DayHours | None = None

    @property
    def openings(self) -> list[DayHours]:
        """The openings of each of the weekdays."""
        return [hours for hours in (self.hours, self.also) if hours is not None]

    def concerns(self, day: date) -> bool:
        """Return whether the hours of a day may be others after it."""
        return (
            day.isoweekday() in self.weekdays
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )


def changed_week(week: Iterable[Hours], change: WeekChange) -> list[Hours]:
    """Return the ordinary hours of a campus after a change. What begins on a later day stays."""
    kept = [after for one in week if (after := _after_change(one, change)) is not None]
    if change.hours is None:
        return kept
    return kept + [
        Hours(weekday, opens, closes, change.valid_from, change.valid_until)
        for weekday in sorted(set(change.weekdays))
        for opens, closes in change.openings
    ]


def follows(second: DayHours, first: DayHours) -> bool:
    """Return whether an opening begins on the same day after another has closed."""
    (opens, closes), (begins, _ends) = first, second
    return opens < closes < begins


def _after_change(one: Hours, change: WeekChange) -> Hours | None:
    if one.weekday not in change.weekdays or not (change.replaces or change.hours is None):
        return one
    if one.valid_from == change.valid_from:
        return None
    goes_on = one.valid_until is None or one.valid_until >= change.valid_from
    if change.hours is None and one.valid_from < change.valid_from and goes_on:
        # Nothing newer hides it on a closed day.
        return replace(one, valid_until=change.valid_from - A_DAY)
    return one


def in_each_language(reason: str, own: Mapping[str, str]) -> dict[str, str]:
    """Return why a day has other hours by language: its own reason, else the one for everybody."""
    return {language: own.get(language) or reason for language in LANGUAGES}


def hours_on(
    day: date, week: Iterable[Hours], exceptions: Mapping[date, DayHours | None]
) -> list[DayHours]:
    """Return the hours of one day. An exception replaces the week; the newest version is valid."""
    if day in exceptions:
        exception = exceptions[day]
        return [exception] if exception else []
    valid = [hours for hours in week if hours.applies(day)]
    newest = max((hours.valid_from for hours in valid), default=None)
    return sorted((hours.opens, hours.closes) for hours in valid if hours.valid_from == newest)


def open_windows(
    week: Sequence[Hours],
    exceptions: Mapping[date, DayHours | None],
    start: datetime,
    end: datetime,
) -> list[Window]:
    """Return the open windows within [start, end) in order, as UTC instants."""
    # Hours are wall-clock time: a window over the night of a clock change is 1 h shorter or longer.
    windows: list[Window] = []
    # From the day before on: its hours may end after midnight.
    for day in days_between(start - A_DAY, end):
        for opens, closes in openings_on(day, week, exceptions):
            opened, closed = max(opens, start), min(closes, end)
            if opened < closed:
                _append(windows, opened, closed)
    return windows


@dataclass(frozen=True, slots=True)
class OpenState:
    """Whether a campus is open at an instant.

    `today`: the openings that begin on that Helsinki day. `until`: when it closes; None: it is
    closed, or open as far as one can see. `opens_at`: when it opens next, where it is closed; None:
    no opening is known.
    """

    today: Sequence[Window]
    is_open: bool
    until: datetime | None
    opens_at: datetime | None


def open_state(
    week: Sequence[Hours], exceptions: Mapping[date, DayHours | None], now: datetime
) -> OpenState:
    """Return whether a campus is open at `now`, its hours of that day, and what comes next."""
    today = openings_on(helsinki_date(now), week, exceptions)
    for ahead in AHEAD:
        windows = open_windows(week, exceptions, now, now + ahead)
        if windows and windows[0][0] == now:
            closes = windows[0][1]
            return OpenState(today, True, closes if closes < now + ahead else None, None)
        if windows:
            return OpenState(today, False, None, windows[0][0])
    return OpenState(today, False, None, None)


def openings_on(
    day: date, week: Iterable[Hours], exceptions: Mapping[date, DayHours | None]
) -> list[Window]:
    """Return the openings that begin on a day, as UTC instants; they may end on the next one."""
    return [
        (from_helsinki(day, opens), _closing(day, opens, closes))
        for opens, closes in hours_on(day, week, exceptions)
    ]


def _closing(day: date, opens: time, closes: time) -> datetime:
    if closes >= LAST_MINUTE:
        return from_helsinki(day + timedelta(days=1), time())
    return from_helsinki(day + timedelta(days=int(closes <= opens)), closes)


def _append(windows: list[Window], opened: datetime, closed: datetime) -> None:
    # A window that touches the last one is the same opening, as over midnight.
    if windows and opened <= windows[-1][1]:
        windows[-1] = (windows[-1][0], max(closed, windows[-1][1]))
    else:
        windows.append((opened, closed))


def days_between(start: datetime, end: datetime) -> Iterator[date]:
    """Yield the Helsinki days that [start, end) touches."""
    day, last = helsinki_date(start), helsinki_date(end)
    while day <= last:
        yield day
        day += timedelta(days=1)


def is_open(windows: Iterable[Window], start: datetime, end: datetime) -> bool:
    """Return whether [start, end) lies within one window."""
    return any(opened <= start and end <= closed for opened, closed in windows)
