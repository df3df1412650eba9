"""Relay boards on a serial port: pulse a coil and wait for the board's echo."""

import threading
from functools import lru_cache
from typing import Final

from firmware_bridge.clock import monotonic
from firmware_bridge.devices.modbus import Echo, Refusal, ReplyReader, flash_on
from firmware_bridge.devices.ports import LinkLost, SerialLink
from firmware_bridge.door.door import StrikeFault

# A board at 9600 baud answers 8 bytes within 10 ms; the rest is patience with a busy machine.
ECHO_SECONDS: Final = 0.5
TRIES: Final = 2
# A door strikes with the same frame again and again; working out its check takes 15 µs.
_frame: Final = lru_cache(maxsize=64)(flash_on)


class RelayLine:
    """A port with relay boards on it, which several doors may share."""

    def __init__(self, link: SerialLink) -> None:
        self._link = link
        self._lock = threading.Lock()

    def strike(self, unit: int, coil: int, ms: int) -> None:
        """Pulse a coil for `ms` milliseconds and wait for the board's echo; one more try when none comes.

        Raises:
            StrikeFault: the board is gone, silent, or refuses.
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
        self._link.read(0)  # a late answer to an earlier pulse must not pass for this one's
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
