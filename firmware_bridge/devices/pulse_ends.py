"""When the pulses of a line should be over. Pure; times are monotonic seconds."""

from collections.abc import Sequence
from typing import Final

# After its time and these a pulse is over by any board's clock, also by one without a crystal.
END_SECONDS: Final = 1.0
SLOWEST_CLOCK: Final = 1.05
# The longest pulse that the server sets: one from before the start may still hold for so long.
LONGEST_MS: Final = 60_000


class PulseEnds:
    """Unit and coil → when its pulse is over, until somebody has looked."""

    def __init__(self) -> None:
        self._ends: dict[tuple[int, int], float] = {}

    def begin(self, unit: int, coil: int, ms: int, at: float) -> None:
        """A pulse of `ms` milliseconds may have begun."""
        end = at + ms / 1000 * SLOWEST_CLOCK + END_SECONDS
        # The longer one counts: not every board ends a pulse by a new one.
        self._ends[unit, coil] = max(end, self._ends.get((unit, coil), end))

    def due(self, at: float) -> Sequence[tuple[int, int]]:
        """The outputs whose pulses should be over."""
        return [place for place, end in list(self._ends.items()) if at >= end]

    def settle(self, unit: int, coil: int, at: float) -> bool:
        """Forget a pulse that was looked at; False: another one has begun meanwhile."""
        if self._ends.get((unit, coil), float("inf")) > at:
            return False
        del self._ends[unit, coil]
        return True
