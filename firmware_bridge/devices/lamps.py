"""Pulses of lamps and buzzers that wait until a line of boards is free."""

import threading
from collections.abc import Callable
from typing import Final

from firmware_bridge.clock import monotonic

# A lamp that failed is left alone for so long: nobody waits for it, and the bus has other work.
RETRY_SECONDS: Final = 5.0
# Outputs that can wait at once.
MOST: Final = 32

# Sends a pulse to unit and coil, in ms, or switches off at 0; returns what was wrong, or "".
SendPulse = Callable[[int, int, int], str]
# Told of a unit and what is wrong with its lamps; "" when they work again.
LampChanged = Callable[[int, str], None]


class WaitingLamps:
    """What lamps are to show next; `light` never waits, and may be called from any thread."""

    def __init__(self, changed: LampChanged = lambda unit, fault: None) -> None:
        self.changed = changed
        self.woken = threading.Event()
        # Unit and coil → ms. A newer pulse for the same output replaces one that has not gone out.
        self._waiting: dict[tuple[int, int], int] = {}
        self._lock = threading.Lock()
        self._retry_at: dict[int, float] = {}

    def light(self, unit: int, coil: int, ms: int) -> None:
        """Let an output be closed for `ms` milliseconds; 0 ends its pulse."""
        with self._lock:
            if len(self._waiting) < MOST or (unit, coil) in self._waiting:
                self._waiting[unit, coil] = ms
        self.woken.set()

    def send(self, pulse: SendPulse) -> None:
        """Send what waits; for the thread of the line."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for (unit, coil), ms in waiting.items():
            if monotonic() >= self._retry_at.get(unit, 0.0):
                self._note(unit, pulse(unit, coil, ms))

    def _note(self, unit: int, fault: str) -> None:
        failed = unit in self._retry_at
        if fault:
            self._retry_at[unit] = monotonic() + RETRY_SECONDS
        else:
            self._retry_at.pop(unit, None)
        if bool(fault) != failed:
            self.changed(unit, fault)
