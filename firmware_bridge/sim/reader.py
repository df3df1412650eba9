"""A simulated scanner at the end of a serial line."""

import random
import threading
import time
from pathlib import Path

from firmware_bridge.sim.misbehaviour import Misbehaviour
from firmware_bridge.sim.wire_end import WireEnd


class SimulatedReader:
    """Sends scanned text with an end of line, with the faults of `misbehaviour`."""

    def __init__(self, link: Path, seed: int = 0, end: bytes = b"\r") -> None:
        self.wire = WireEnd(link)
        self.misbehaviour = Misbehaviour()
        self._chance = random.Random(seed)
        self._end = end
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._stay_open, name="reader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(2)
        self.wire.unplug()

    def _stay_open(self) -> None:
        while not self._stop.wait(0.1):
            self.wire.clear_exclusive()

    def scan(self, text: str | bytes) -> int:
        """Send a code; return the monotonic time in ns just before its last piece was sent."""
        data = (text.encode("latin-1") if isinstance(text, str) else text) + self._end
        at = 0
        for piece in self.misbehaviour.play(data, self._chance):
            at = self.wire.write(piece)
            if self.misbehaviour.pause_ms:
                time.sleep(self.misbehaviour.pause_ms / 1000)
        return at
