"""How many rows of the journal scans may take that nobody has signed. Pure.

Theory of operation. Anybody can hold junk to a reader: 250,000 rows in 141 s were measured, which
fills a small disk, and then no door opens. So such refusals have a bucket of rows that fills up
again with time. What finds it empty is refused as well, but not stored: it is counted.
"""

from typing import Final

ROWS: Final = 120
"""How many at once: those of a scanner that reads a poster twice a second for a minute."""
SECONDS_A_ROW: Final = 2.0
"""The bucket gets a row back in this time: 43,200 a day at most."""


class RowBudget:
    """The bucket of one reader. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._rows, self._at = float(ROWS), now
        self._left_out = 0
        self._overdrawn = False

    def take(self, now: float) -> bool:
        """Take a row; False: there is none, and this one is counted as left out."""
        self._overdrawn = self.overdrawn(now)
        self._rows, self._at = self._filled(now), now
        if self._rows < 1:
            self._overdrawn = True
            self._left_out += 1
            return False
        self._rows -= 1
        return True

    def overdrawn(self, now: float) -> bool:
        """Whether it was found empty, and has not been half full again since."""
        return self._overdrawn and self._filled(now) < ROWS / 2

    def _filled(self, now: float) -> float:
        return min(ROWS, self._rows + (now - self._at) / SECONDS_A_ROW)

    def counted(self) -> int:
        """Return how many were left out since the last call."""
        left_out, self._left_out = self._left_out, 0
        return left_out
