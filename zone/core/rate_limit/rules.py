"""Rate limits and their windows. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts in `window`. Limits with different names count separately.

    `ask_again`: attempts that succeed are taken back, so there may be room long before the window
    is over, and whoever is refused asks again after so long, or up to twice as long.
    """

    name: str
    most: int
    window: timedelta
    ask_again: timedelta | None = None

    def starts_at(self, now: datetime) -> datetime:
        """The start of the window that contains `now`."""
        return now - (now - EPOCH) % self.window

    def wait_from(self, now: datetime, share: float) -> int:
        """Return the seconds after which one who is refused asks again; `share`: a number from 0 to
        1 that spreads them, else they all come at once.
        """
        left = int((self.starts_at(now) + self.window - now).total_seconds()) + 1
        if self.ask_again is None:
            return left
        return min(left, int(self.ask_again.total_seconds() * (1 + share)))
