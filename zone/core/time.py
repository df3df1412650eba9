"""Time: aware UTC inside the product, Helsinki wall-clock time for people.

Differences and comparisons are always between UTC times.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

HELSINKI: Final = ZoneInfo("Europe/Helsinki")
# Bounds for dates from outside: adding a day to one in the year 9999 would overflow.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WALL_CLOCK: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")

# A half-open interval [start, end) of UTC times.
Window = tuple[datetime, datetime]


def require_utc(value: datetime) -> datetime:
    """Convert an aware time to UTC.

    Raises:
        ValueError: `value` is naive.
    """
    if value.tzinfo is None:
        raise ValueError("a naive datetime has no instant")
    return value.astimezone(UTC)


def to_helsinki(value: datetime) -> datetime:
    """Convert an aware time to Helsinki time."""
    return require_utc(value).astimezone(HELSINKI)


def from_helsinki(day: date, at: time, *, fold: int = 0) -> datetime:
    """The UTC time of a Helsinki wall-clock time.

    In the October night 03:00–04:00 occurs twice; `fold=1` selects the second one.
    """
    # In the March night 03:00–04:00 does not exist; zoneinfo reads 03:30 there as 04:30.
    return datetime.combine(day, at.replace(fold=fold), tzinfo=HELSINKI).astimezone(UTC)


def parse_day(text: str) -> date:
    """The day that a text such as `2026-09-22` names.

    Raises:
        ValueError: it does not; ISO weeks (`2026-W44`) and other short forms are refused, and so is
            a day outside of EARLIEST and LATEST.
    """
    if not _DAY.fullmatch(text):
        raise ValueError("not a day")
    day = date.fromisoformat(text)
    if not EARLIEST.date() <= day < LATEST.date():
        raise ValueError("too far away")
    return day


def parse_instant(text: str) -> datetime:
    """The time that a text such as `2026-09-22T14:30:00+00:00` names, aware or naive.

    Raises:
        ValueError: it does not, see `parse_day`.
    """
    if not _DAY.match(text) or text[10:11] not in ("T", "t", " "):
        raise ValueError("not an instant")
    return datetime.fromisoformat(text)


def wall_clock_time(text: str) -> datetime:
    """The UTC time of a Helsinki wall-clock time such as `2027-03-25T17:30`.

    Of an hour that the clock repeats, the first one.

    Raises:
        ValueError: it is none, or the clock skips it.
    """
    if not _WALL_CLOCK.fullmatch(text):
        raise ValueError("not a time of the wall clock")
    local = datetime.fromisoformat(text)  # naive: Helsinki's
    if is_skipped(local.date(), local.time()):
        raise ValueError("the clock skips it")
    return from_helsinki(local.date(), local.time())


def is_skipped(day: date, at: time) -> bool:
    """Whether the clock skips this wall-clock time on a day, as 03:30 in the March night."""
    # Read back, a time that exists is itself; one in the gap has moved by its length.
    return to_helsinki(from_helsinki(day, at)).time() != at.replace(tzinfo=None)


def repeated_hour(at: datetime) -> str | None:
    """Which of the two this time is where the clock repeats it: "summer" or "winter"; else None."""
    local = to_helsinki(at)
    if local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset():
        return None
    return "summer" if local.dst() else "winter"


def shift_days(at: datetime, days: int) -> datetime:
    """The UTC time so many Helsinki days later (negative: earlier), at the same wall-clock time.

    Never a multiple of 24 h: over a change of the clock a day has 23 or 25 hours. A time that the
    clock skips that day is read as an hour later; of a time that it repeats, the first is meant.
    """
    return _shift_days(require_utc(at), days)


# Cached: each refusal of a full session asks it of the same few sessions. By the UTC time, because
# the two times of a repeated hour are equal in Helsinki time.
@lru_cache(maxsize=1000)
def _shift_days(at: datetime, days: int) -> datetime:
    local = to_helsinki(at)
    shifted = local.date() + timedelta(days=days)
    return from_helsinki(shifted, local.time())


def day_window(day: date) -> Window:
    """A Helsinki day [midnight, next midnight) in UTC: 23, 24 or 25 hours."""
    return from_helsinki(day, time()), from_helsinki(day + timedelta(days=1), time())


def year_window(year: int) -> Window:
    """A Helsinki year [1 January, 1 January of the next year) in UTC."""
    return from_helsinki(date(year, 1, 1), time()), from_helsinki(date(year + 1, 1, 1), time())


def helsinki_date(value: datetime) -> date:
    """The Helsinki date of an aware time."""
    return to_helsinki(value).date()


def iso_week(day: date) -> tuple[int, int]:
    """The ISO year and ISO week of a day."""
    year, week, _ = day.isocalendar()
    return year, week


def monday_of(year: int, week: int) -> date:
    """The Monday of an ISO week."""
    return date.fromisocalendar(year, week, 1)


def elapsed(start: datetime, end: datetime) -> timedelta:
    """The time elapsed between two aware times."""
    # In UTC, because subtraction within one time zone gives wall-clock time: on the 25-hour day it
    # gave two hours for three.
    return require_utc(end) - require_utc(start)
