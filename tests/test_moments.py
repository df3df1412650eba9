"""Tests pass at any hour of any day.

Those of the application live at noon (`tests/world/daytime.py`). What runs in other processes, and
what depends on the date, is seen by running tests at other moments.
"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.world.daytime import NOON, until_noon
from tests.world.moment import run_at
from zone.core.time import HELSINKI, to_helsinki

SLICE = (
    "tests/booking/bookings/test_unheld.py",
    "tests/booking/closures/test_closures.py",
    "tests/booking/reinstatements",
    "tests/booking/test_api.py",
    "tests/desk/people",
)
"""Tests whose answers depended on the hour: places that come free, closing times, and the desk."""
MOMENTS = ("2026-12-31 22:45", "2027-03-28 02:30", "2027-02-28 23:58", "2026-10-25 03:30")
"""Year's end after the closing, both nights of the clock change, and the minutes before a month."""


@pytest.mark.parametrize("hour", range(24))
def test_at_any_hour_it_is_the_next_noon(hour: int) -> None:
    real = datetime(2026, 12, 31, hour, 59, tzinfo=HELSINKI).astimezone(UTC)
    shift = until_noon(real)
    assert to_helsinki(real + shift).time() == NOON
    assert timedelta() <= shift < timedelta(days=1)


def test_another_moment_is_that_of_every_process() -> None:
    moment = datetime(2027, 3, 28, 2, 30, tzinfo=HELSINKI)
    program = "from zone.core.clock import real_now; print(real_now().isoformat())"
    shown = datetime.fromisoformat(run_at(moment, ["-c", program]).stdout.strip())
    assert timedelta() <= shown - moment + timedelta(seconds=1) < timedelta(minutes=2)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("moment", MOMENTS)
def test_tests_pass_at_any_hour(moment: str) -> None:
    chosen = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not thorough"]
    at = datetime.fromisoformat(moment).replace(tzinfo=HELSINKI)
    done = run_at(at, [*chosen, *SLICE])
    assert done.returncode == 0, done.stdout[-3000:]
