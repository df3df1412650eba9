"""The hour at which tests of the application live: never one of the night.

What the product does depends on the hour: from 22 to 8 nobody is booked by itself, campuses are
closed, and what begins soon begins tomorrow. A test that says nothing about the hour means the day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Final

from zone.core import clock
from zone.core.time import from_helsinki, helsinki_date, to_helsinki

DAY: Final = (time(9), time(18))
"""Between these nothing depends on the hour, however long the run lasts."""


def shift_to_day(real: datetime) -> timedelta:
    """Return how much later it is day: nothing by day, by night until the next noon."""
    local = to_helsinki(real)
    if DAY[0] <= local.time() < DAY[1]:
        return timedelta()
    tomorrow = local.time() >= DAY[1]
    return from_helsinki(helsinki_date(real) + timedelta(days=tomorrow), time(12)) - real


SHIFT: Final = shift_to_day(clock.real_now())


def day_now() -> datetime:
    """Return the moment at which tests live that use the application of their process."""
    return clock.real_now() + SHIFT


@contextmanager
def living_by_day() -> Iterator[None]:
    """Let the product in this process live by day."""
    clock.shift(SHIFT)
    try:
        yield
    finally:
        clock.shift(timedelta())
