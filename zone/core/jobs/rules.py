"""Jobs, and the times at which they are due. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from zone.core.config import Settings

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Longer than any job takes, because another scheduler repeats the run after this time.
LEASE_TIME: Final = timedelta(minutes=10)

# (settings, now) → the number of things done; called inside the application's context.
Run = Callable[[Settings, datetime], int]


@dataclass(frozen=True, slots=True)
class Job:
    """Work to do once every interval."""

    name: str
    every: timedelta
    run: Run
    lease: timedelta = LEASE_TIME


def due_time(now: datetime, every: timedelta) -> datetime:
    """The last due time at or before `now`."""
    return now - (now - EPOCH) % every
