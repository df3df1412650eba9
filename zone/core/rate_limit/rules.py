"""Rate limits and their windows. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts in `window`. Limits with different names count separately."""

    name: str
    most: int
    window: timedelta

    def starts_at(self, now: datetime) -> datetime:
        """The start of the window that contains `now`."""
        return now - (now - EPOCH) % self.window
