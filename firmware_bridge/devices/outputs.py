"""Relay boards on a serial port: request a pulse and wait for the board's echo."""

import threading
from functools import lru_cache
from typing import Final

from firmware_bridge.clock import monotonic
from firmware_bridge.devices.modbus import Echo, Refusal, ReplyReader, flash_on
from firmware_bridge.devices.ports import LinkLost, SerialLink
from firmware_bridge.door.door import StrikeFault

# A board at 9600 baud sends its 8 bytes in 10 ms; the rest allows for a busy machine.
ECHO_SECONDS: Final = 0.5
TRIES: Final = 2
# Each door sends the same frame every time, and computing its CRC takes 15 µs.
_frame: Final = lru_cache(maxsize=64)(flash_on)


class RelayLine:
    """A serial port with relay boards, shared by the threads of several doors."""

    def __init__(self, link: SerialLink) -> None:
        self._link = link
        self._lock = threading.Lock()

    def strike(self, unit: int, coil: int, ms: int) -> None:
        """Pulse a coil for `ms` milliseconds and wait for the board's echo; try twice.

        Raises:
            StrikeFault: the port is gone, or the board is silent or refuses.
        """
        frame = _frame(unit, coil, ms)
        with self._lock:
            self._link.retry_now()
            fault = ""
            for _ in range(TRIES):
                try:
                    reply = self._exchange(frame)
                except LinkLost as error:
                    fault = str(error)
                    self._link.retry_now()
                    continue
                if isinstance(reply, Echo):
                    return
                fault = "no echo" if reply is None else f"refused with code {reply.code}"
        raise StrikeFault(fault)

    def _exchange(self, frame: bytes) -> Echo | Refusal | None:
        # Discard a late echo of an earlier pulse: it has the same bytes as the one awaited now.
        self._link.read(0)
        self._link.write(frame)
        reader = ReplyReader(frame)
        until = monotonic() + ECHO_SECONDS
        while (left := until - monotonic()) > 0:
            reply = reader.feed(self._link.read(left))
            if reply is not None:
                return reply
        return None

    def close(self) -> None:
        with self._lock:
            self._link.close()
