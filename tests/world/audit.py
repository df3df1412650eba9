"""Watches a board and the journal behind it: each pulse has its entry on disk when it arrives."""

import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path

from firmware_bridge.clock import monotonic
from firmware_bridge.sim.relay import Pulse

# A strike that was not confirmed is sent once more.
AGAIN_SECONDS = 2.0
_NEWEST_GRANT = (
    "SELECT json_extract(body, '$.uuid') FROM entry WHERE json_extract(body, '$.door') = ?"
    " AND json_extract(body, '$.granted') ORDER BY seq DESC LIMIT 1"
)
_NEWEST_STATE = (
    "SELECT json_extract(body, '$.kind') FROM entry WHERE json_extract(body, '$.door') = ?"
    " AND json_extract(body, '$.kind') IN ('started', 'released', 'release_ended')"
    " ORDER BY seq DESC LIMIT 1"
)


@dataclass
class Audit:
    """Told of each pulse before it is answered. `doors` are those of the coils, in their order.

    `explained`: the grants whose strike has come, and when (monotonic seconds). `of_releases`:
    how many pulses were those of a released door. `unexplained`: what nothing on disk explains.
    """

    folder: Path
    doors: tuple[str, ...]
    explained: dict[str, float] = field(default_factory=dict)
    of_releases: int = 0
    unexplained: list[Pulse] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, pulse: Pulse) -> None:
        with self._lock:
            self._explain(pulse)

    def _explain(self, pulse: Pulse) -> None:
        grant, state = self._newest(self.doors[pulse.flash.coil])
        # A door that is released is struck for who shows a code too.
        if grant is not None and grant not in self.explained:
            self.explained[grant] = monotonic()
        elif state == "released":
            self.of_releases += 1
        elif grant is None or monotonic() - self.explained[grant] > AGAIN_SECONDS:
            self.unexplained.append(pulse)

    def _newest(self, door: str) -> tuple[str | None, str | None]:
        """The newest grant of a door, and whether it is released, as another process reads it."""
        try:
            database = sqlite3.connect(self.folder / "journal.sqlite", timeout=5)
        except sqlite3.Error:
            return None, None
        try:
            found = [
                database.execute(query, (door,)).fetchone()
                for query in (_NEWEST_GRANT, _NEWEST_STATE)
            ]
        except sqlite3.Error:  # a disk without power
            return None, None
        finally:
            database.close()
        grant, state = (None if row is None else row[0] for row in found)
        return grant, state
