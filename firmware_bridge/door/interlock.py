"""Doors of which only one may be open at a time, such as the two of an airlock."""

import threading


class Interlock:
    """One group of doors; from any thread. Times are monotonic seconds.

    A contact that is not heard counts as shut: its silence is an alarm, and must not keep people in
    the room between the doors. The way out never depends on this: an exit button opens nothing here
    and is wired to the lock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[str] = set()
        self._unlocked_until: dict[str, float] = {}

    def claim(self, door: str, at: float, until: float) -> bool:
        """Reserve the group for one door until its strike ends; False: another one is open."""
        # Check and reservation under one lock: of two scans at once one wins.
        with self._lock:
            unlocked = {other for other, end in self._unlocked_until.items() if at < end}
            if (self._open | unlocked) - {door}:
                return False
            self._unlocked_until[door] = max(until, self._unlocked_until.get(door, until))
            return True

    def hold(self, door: str, until: float) -> None:
        """The strike of a door may hold until then, whatever was reserved."""
        with self._lock:
            self._unlocked_until[door] = max(until, self._unlocked_until.get(door, until))

    def relocked(self, door: str) -> None:
        """The strike of a door was cut: it holds no longer."""
        with self._lock:
            self._unlocked_until.pop(door, None)

    def moved(self, door: str, is_open: bool | None) -> None:
        """The contact of a door shows open or shut; None: it is not heard."""
        with self._lock:
            if is_open:
                self._open.add(door)
            else:
                # Not its strike: of a released door, or of two people, it holds for the next one.
                self._open.discard(door)
