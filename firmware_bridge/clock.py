"""The clock of the bridge: the only module that reads the system's clocks. It never sets them.

Timers use `monotonic`. Codes and entries use `Clock.now`: the system clock as it was when it was
first possible, or when it last agreed with the server, else the server's time; carried on by the
monotonic clock. So a step of the system clock, by hand or by NTP, changes nothing at the doors. A
small computer may have no battery for its clock, and start in 1970: until its time is possible, the
system clock is followed.
"""

import threading
import time
from typing import Final, Literal

# 2026-01-01T00:00Z. A correct clock shows no time before the software was built.
BUILD_TIME: Final = 1_767_225_600
# A system clock within this many seconds of the server's is used: it is more exact than a time
# received over a network.
AGREE_SECONDS: Final = 2.0
# Seconds after an answer of the server during which the clock is "synced"; then it is in
# "holdover".
SYNC_SECONDS: Final = 24 * 3600
# Seconds that the clock may start before the newest entry, because NTP may step it back a little.
BACKWARD_SECONDS: Final = 60.0

State = Literal["synced", "holdover", "unset"]


def monotonic() -> float:
    """Seconds from an arbitrary start that never go back: for every timer."""
    return time.monotonic()


def monotonic_ns() -> int:
    """The clock of `monotonic` in nanoseconds, for measurements."""
    return time.monotonic_ns()


class Clock:
    """UTC time, and whether it can be trusted.

    `floor`: the latest time known to have passed, such as that of the newest entry (UTC seconds).
    """

    def __init__(self, floor: float = 0.0) -> None:
        self._floor = max(BUILD_TIME, floor - BACKWARD_SECONDS)
        self._lock = threading.Lock()
        self._anchor: tuple[float, float] | None = None
        self._synced_at: float | None = None

    def now(self) -> float:
        """The current time, UTC seconds."""
        anchor = self._anchor or self._first_anchor()
        if anchor is None:
            return self.system()
        return anchor[0] + self.monotonic() - anchor[1]

    def _first_anchor(self) -> tuple[float, float] | None:
        """Begin to carry the system clock on, once its time is possible."""
        with self._lock:
            # The server may have set the clock since: its time must not be overwritten.
            if self._anchor is None:
                system = self.system()
                if system >= self._floor:
                    self._anchor = (system, self.monotonic())
            return self._anchor

    def system(self) -> float:
        """The system clock, UTC seconds."""
        return time.time()  # noqa: TID251 -- the only place of the bridge that reads it

    def monotonic(self) -> float:
        """The function `monotonic`, as a method that tests can replace."""
        return monotonic()

    def sync_from_server(self, server_time: float, asked_at: float) -> None:
        """Adopt `server_time` (UTC seconds), which answers a request of monotonic `asked_at`."""
        answered_at = self.monotonic()
        # The server wrote its time somewhere within the round trip: assume the middle, and half the
        # round trip as the error (as NTP does, RFC 5905 section 8).
        half = (answered_at - asked_at) / 2
        server_now = server_time + half
        system = self.system()
        agrees = abs(system - server_now) <= AGREE_SECONDS + half
        with self._lock:
            self._anchor = (system if agrees else server_now, answered_at)
        self._synced_at = answered_at
        # This also lowers a floor that a clock far in the future once left in the journal.
        self._floor = max(BUILD_TIME, server_now - BACKWARD_SECONDS)

    def state(self) -> State:
        """Whether the time can be trusted; with `unset` a door refuses every code."""
        if self.now() < self._floor:
            return "unset"
        if self._synced_at is not None and self.monotonic() - self._synced_at < SYNC_SECONDS:
            return "synced"
        return "holdover"
