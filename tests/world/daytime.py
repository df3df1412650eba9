"""The hour at which tests of the application live: noon, at whatever hour they are run.

What the product does depends on the hour: from 22 to 8 nobody is booked by itself, campuses are
closed, what begins soon begins tomorrow, and late in the afternoon no class is left today. A test
that says nothing about the hour means noon, and a run sees what every other run saw.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Final

from zone.core import clock
from zone.core.time import from_helsinki, helsinki_date, to_helsinki

NOON: Final = time(12)


def until_noon(real: datetime) -> timedelta:
    """Return how much later it is the next noon."""
    tomorrow = to_helsinki(real).time() > NOON
    return from_helsinki(helsinki_date(real) + timedelta(days=tomorrow), NOON) - real


SHIFT: Final = until_noon(clock.real_now())
AT_NOON: Final = int(SHIFT.total_seconds())
"""The setting `demo_clock_shift` of a demo that lives at noon too, in all its processes."""


def day_now() -> datetime:
    """Return the moment at which tests live that use the application of their process."""
    return clock.real_now() + SHIFT


@contextmanager
def living_by_day() -> Iterator[None]:
    """Let the product in this process live at noon."""
    clock.shift(SHIFT)
    try:
        yield
    finally:
        clock.shift(timedelta())
