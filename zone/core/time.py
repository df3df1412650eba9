"""Wall-clock time in Helsinki at the edge, aware UTC inside.

Differences and comparisons are always between UTC instants: subtraction inside one zone is wall time, and gave two
hours for three on the 25-hour day.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

HELSINKI: Final = ZoneInfo("Europe/Helsinki")
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
# Dates from outside are bounded: year 9999 plus a day overflows.
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)

# A half-open span [start, end) of UTC instants.
Window = tuple[datetime, datetime]


def require_utc(value: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        ValueError: `value` is naive.
    """
    if value.tzinfo is None:
        raise ValueError("a naive datetime has no instant")
    return value.astimezone(UTC)


def to_helsinki(value: datetime) -> datetime:
    """The instant as a person in Finland reads it."""
    return require_utc(value).astimezone(HELSINKI)


def from_helsinki(day: date, at: time, *, fold: int = 0) -> datetime:
    """The UTC instant of a wall-clock time. `fold=1` picks the second 03:30 of the October night.

    A time that the March night skips (03:30) reads as the instant that the clock then shows an hour later.
    """
    return datetime.combine(day, at.replace(fold=fold), tzinfo=HELSINKI).astimezone(UTC)


def day_window(day: date) -> Window:
    """[midnight, next midnight) of a Helsinki day in UTC: 23, 24 or 25 hours."""
    return from_helsinki(day, time()), from_helsinki(day + timedelta(days=1), time())


def year_window(year: int) -> Window:
    """[1 Jan, 1 Jan of the next year) Helsinki time, in UTC."""
    return from_helsinki(date(year, 1, 1), time()), from_helsinki(date(year + 1, 1, 1), time())


def helsinki_date(value: datetime) -> date:
    """The Helsinki calendar day on which an instant falls."""
    return to_helsinki(value).date()


def iso_week(day: date) -> tuple[int, int]:
    """(ISO year, ISO week) of a day."""
    year, week, _ = day.isocalendar()
    return year, week


def monday_of(year: int, week: int) -> date:
    """The Monday of an ISO week."""
    return date.fromisocalendar(year, week, 1)


def elapsed(start: datetime, end: datetime) -> timedelta:
    """The elapsed time between two instants, counted in UTC."""
    return require_utc(end) - require_utc(start)
