"""Relay boards on a serial port: request a pulse, read the coil back, set a silent board aside.

A port is shared by the boards of several doors, so nothing about one board may hold up the others:
a board that failed twice in a row is set aside. Its doors refuse at once, without the bus, until it
has answered a question that `probe` asks when the bus is free.
"""

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from firmware_bridge.clock import monotonic
from firmware_bridge.devices.modbus import (
    ILLEGAL_FUNCTION,
    CoilState,
    Echo,
    Refusal,
    ReplyReader,
    flash_on,
    is_question,
    read_coil,
)
from firmware_bridge.devices.ports import LinkLost, SerialLink
from firmware_bridge.door.runner import StrikeFault

# A board at 9600 baud sends its 8 bytes in 10 ms, and a USB adapter keeps them for up to 16; the
# rest allows for a busy machine. A silent board takes the bus from the others for this long.
REPLY_SECONDS: Final = 0.2
TRIES: Final = 2
# The pause between two questions to boards that are set aside.
PROBE_SECONDS: Final = 1.0
# A probe looks so often whether a door wants the bus.
_GLANCE_SECONDS: Final = 0.01
# Each door sends the same frame every time, and computing its CRC takes 15 µs.
_flash: Final = lru_cache(maxsize=64)(flash_on)
_question: Final = lru_cache(maxsize=64)(read_coil)

# Told when a board fails (False and why) and when it works again.
Changed = Callable[[bool, str], None]


class RelayLine:
    """A serial port with relay boards, shared by the threads of several doors."""

    def __init__(self, link: SerialLink) -> None:
        self._link = link
        self._lock = threading.Lock()
        # The threads of doors that wait for the bus: a probe gives way to them.
        self._waiting: set[int] = set()
        # Whether the adapter returns what it sends, as some for RS-485 do.
        self._returns = False
        self._coils: list[RelayCoil] = []
        self._aside: set[int] = set()

    def coil(self, unit: int, coil: int, changed: Changed = lambda works, why: None) -> "RelayCoil":
        """The output of one door on this line."""
        output = RelayCoil(self, unit, coil, changed)
        self._coils.append(output)
        return output

    def works(self, unit: int) -> bool:
        """Whether the board is not set aside."""
        return unit not in self._aside

    def strike(self, unit: int, coil: int, ms: int) -> None:
        """Pulse a coil for `ms` milliseconds and read it back; try twice.

        Raises:
            StrikeFault: the port is gone, or the board is silent, refuses, or is set aside.
        """
        fault = "set aside: it does not answer"
        for _ in range(TRIES if self.works(unit) else 0):
            self._waiting.add(threading.get_ident())
            # Another door may have the bus between two tries.
            with self._lock:
                self._waiting.discard(threading.get_ident())
                fault = self._try(lambda: self._pulse(unit, coil, ms))
            if not fault:
                self._change(unit, "")
                return
        self._change(unit, fault)
        raise StrikeFault(fault)

    def probe(self) -> None:
        """Ask each board that is set aside whether it answers again."""
        for unit in sorted(self._aside):
            fault = self._ask(unit, gives_way=True)
            if not fault:
                self._change(unit, "")

    def check(self, tries: int = TRIES) -> None:
        """Ask each board of the line before the first scan, and set the silent ones aside."""
        for unit in sorted({coil.unit for coil in self._coils}):
            for _ in range(tries):
                fault = self._ask(unit, gives_way=False)
                if not fault:
                    break
            self._change(unit, fault)

    def run(self, stop: threading.Event, alive: Callable[[], None] = lambda: None) -> None:
        """Probe until the stop event is set; call `alive` at each round."""
        while not stop.wait(PROBE_SECONDS):
            alive()
            self.probe()

    def close(self) -> None:
        with self._lock:
            self._link.close()

    def _ask(self, unit: int, *, gives_way: bool) -> str:
        """Read a coil of a board; return what was wrong, or ""."""
        coil = next(coil.coil for coil in self._coils if coil.unit == unit)
        with self._lock:
            return self._try(lambda: self._read_back(unit, coil, None, gives_way=gives_way))

    def _try(self, exchange: Callable[[], str]) -> str:
        self._link.retry_now()
        try:
            return exchange()
        except LinkLost as error:
            return str(error)

    def _pulse(self, unit: int, coil: int, ms: int) -> str:
        reply = self._exchange(_flash(unit, coil, ms))
        if isinstance(reply, Echo):
            return self._read_back(unit, coil, True)
        return _fault_of(reply)

    def _read_back(
        self, unit: int, coil: int, expected: bool | None, *, gives_way: bool = False
    ) -> str:
        """Return what is wrong with the state that a board says its coil has, or ""."""
        reply = self._exchange(_question(unit, coil), gives_way=gives_way)
        # A board that knows no function 01 is a board all the same: an adapter refuses nothing.
        if reply == Refusal(ILLEGAL_FUNCTION):
            return ""
        if isinstance(reply, CoilState):
            return "" if expected in (None, reply.closed) else "the coil is open"
        return _fault_of(reply)

    def _exchange(
        self, frame: bytes, *, gives_way: bool = False
    ) -> Echo | CoilState | Refusal | None:
        # Discard a late answer to an earlier frame: it may have the same bytes as the one awaited.
        self._link.read(0)
        self._link.write(frame)
        reader = ReplyReader(frame, returned=self._returns)
        until = monotonic() + REPLY_SECONDS
        while (left := until - monotonic()) > 0 and not (gives_way and self._waiting):
            reply = reader.feed(self._link.read(min(left, _GLANCE_SECONDS) if gives_way else left))
            if reply is not None:
                break
        else:
            reply = None
        if is_question(frame):
            self._returns = reader.own_frame
        return reply

    def _change(self, unit: int, fault: str) -> None:
        """Set a board aside, or take it back; tell its doors."""
        if fault:
            self._aside.add(unit)
        else:
            self._aside.discard(unit)
        for coil in self._coils:
            if coil.unit == unit:
                coil.changed(not fault, fault)


class RelayCoil:
    """The output of one door: a coil of a board."""

    def __init__(self, line: RelayLine, unit: int, coil: int, changed: Changed) -> None:
        self.unit, self.coil = unit, coil
        self._line, self._changed = line, changed
        self._works = True

    @property
    def works(self) -> bool:
        return self._line.works(self.unit)

    def strike(self, ms: int) -> None:
        """Pulse the coil for `ms` milliseconds.

        Raises:
            StrikeFault: see `RelayLine.strike`.
        """
        self._line.strike(self.unit, self.coil, ms)

    def changed(self, works: bool, why: str) -> None:
        """Pass on that the board fails, or works again; not that it goes on doing so."""
        if works != self._works:
            self._works = works
            self._changed(works, why)


def _fault_of(reply: Echo | CoilState | Refusal | None) -> str:
    return f"refused with code {reply.code}" if isinstance(reply, Refusal) else "no answer"
