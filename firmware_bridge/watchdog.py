"""Tell systemd that every loop of the bridge runs: a bridge with one that hangs is started again.

The protocol is that of sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names.
"""

import os
import socket
import threading
from typing import Final

from firmware_bridge.clock import monotonic

# A loop without a new round for so long hangs: the longest step takes less, which is a sign-on (two
# requests), a request and its repetition, with 10 s for each of their parts, and a pause of 5 s.
# WatchdogSec in zone-bridge.service is longer.
STALL_SECONDS: Final = 120.0


class LoopWatch:
    """When each loop last began a round; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: dict[str, float] = {}

    def alive(self, loop: str) -> None:
        """Note that a loop begins a round."""
        with self._lock:
            self._began[loop] = monotonic()

    def ages(self) -> dict[str, float]:
        """Seconds since each loop began its last round."""
        now = monotonic()
        with self._lock:
            return {loop: now - at for loop, at in sorted(self._began.items())}

    def stalled(self) -> list[str]:
        """The loops that hang, by name."""
        return [loop for loop, age in self.ages().items() if age > STALL_SECONDS]


def notify(state: str) -> bool:
    """Tell systemd `READY=1`, `WATCHDOG=1` or `STOPPING=1`; False where it does not ask for it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    # A name that begins with @ is one of the abstract namespace.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto(state.encode(), "\0" + address[1:] if address[0] == "@" else address)
        except OSError:  # without systemd's ear the doors work on, and systemd will see to it
            return False
    return True
