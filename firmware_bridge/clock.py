"""The one place of the bridge that reads a clock. It never sets the system's.

Timers use `monotonic`. Codes and entries use `now`: the system clock where the server agrees with it, otherwise the
server's last word carried on by the monotonic clock (a small box may have no battery behind its clock).
"""

import time
from typing import Final, Literal

# 2026-01-01T00:00Z. No honest clock shows an earlier time than that of the software it runs.
BUILD_TIME: Final = 1_767_225_600
# A system clock this close to the server's is kept: it runs more evenly than one set over a
# network.
AGREE_SECONDS: Final = 2.0
# How long after the server's word a clock counts as synced; then it is in holdover.
SYNC_SECONDS: Final = 24 * 3600
# How far behind the last entry a clock may start, as time services step a little.
BACKWARD_SECONDS: Final = 60.0

State = Literal["synced", "holdover", "unset"]


def monotonic() -> float:
    """Seconds from an arbitrary start that never go back: for every timer."""
    return time.monotonic()


def monotonic_ns() -> int:
    """The same clock in whole nanoseconds, for measuring."""
    return time.monotonic_ns()


class Clock:
    """UTC seconds, and how far they can be trusted.

    `floor`: the latest time already known to have passed, such as that of the journal's last entry (UTC seconds).
    """

    def __init__(self, floor: float = 0.0) -> None:
        self._floor = max(BUILD_TIME, floor - BACKWARD_SECONDS)
        self._anchor: tuple[float, float] | None = None
        self._heard: float | None = None

    def now(self) -> float:
        """The present, UTC seconds."""
        anchor = self._anchor
        if anchor is None:
            return self.system()
        return anchor[0] + self.monotonic() - anchor[1]

    def system(self) -> float:
        """What the machine believes, UTC seconds."""
        return time.time()  # noqa: TID251 -- the one place that may ask

    def monotonic(self) -> float:
        """The same as the function of that name, for those who are handed a clock."""
        return monotonic()

    def hear(self, server_time: float, asked_at: float) -> None:
        """Take the server's word: `server_time` (UTC seconds) answers a question of monotonic time `asked_at`.

        The answer is taken to have been written half-way through the round trip.
        """
        heard_at = self.monotonic()
        half = (heard_at - asked_at) / 2
        there = server_time + half
        agrees = abs(self.system() - there) <= AGREE_SECONDS + half
        self._anchor = None if agrees else (there, heard_at)
        self._heard = heard_at
        # The server also corrects a floor that a clock once far in the future has left in the journal.
        self._floor = max(BUILD_TIME, there - BACKWARD_SECONDS)

    def state(self) -> State:
        """`unset` refuses every code that carries a time."""
        if self.now() < self._floor:
            return "unset"
        if self._heard is not None and self.monotonic() - self._heard < SYNC_SECONDS:
            return "synced"
        return "holdover"
