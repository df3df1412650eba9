"""The ports of `zone-bridge doctor` on a clock of their own: silence on a line takes no time.

A wait ends when bytes come, or when every device on the rig has handled all that it was sent and
has nothing to say. Then the clock is put on by the time of the wait. So what a test sees does not
depend on how busy the machine is, and a search for a silent board takes milliseconds.
"""

import heapq
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from firmware_bridge import doctor, doctor_reader
from firmware_bridge.clock import monotonic as machine_time
from firmware_bridge.devices import outputs, ports
from firmware_bridge.sim import relay, wire_end
from tests.world.rig import Rig

# A device that has not handled what it was sent by then never will.
STUCK_SECONDS = 60.0


class LineTime:
    """A clock that stands still but for `sleep`, and what is planned for later times."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._planned: list[tuple[float, int, Callable[[], object]]] = []
        self._number = count()
        self._working: list[threading.Thread] = []

    def monotonic(self) -> float:
        return self.now

    def monotonic_ns(self) -> int:
        return int(self.now * 1e9)

    def sleep(self, seconds: float) -> None:
        """Put the clock on, but not past something planned, which begins then."""
        until = self.now + seconds
        if self._planned and self._planned[0][0] <= until:
            until, _, do = heapq.heappop(self._planned)
            self._working.append(threading.Thread(target=do, daemon=True))
            self._working[-1].start()
        self.now = max(self.now, until)

    def plan(self, seconds: float, do: Callable[[], object]) -> None:
        """Do something, in a thread of its own, in so many seconds."""
        heapq.heappush(self._planned, (self.now + seconds, next(self._number), do))

    def busy(self) -> bool:
        """Whether something planned is being done."""
        self._working = [one for one in self._working if one.is_alive()]
        return bool(self._working)


class QuickLines:
    """Counts the bytes that a port and its device have sent each other, by the device's name."""

    def __init__(self, time_: LineTime) -> None:
        self.time = time_
        self.sent: Counter[str] = Counter()
        self.handled: Counter[str] = Counter()
        self.said: Counter[str] = Counter()
        self.heard: Counter[str] = Counter()

    def opened(self, port: str) -> None:
        """Begin to count anew: another process may have had the port.

        What the port was sent before is handled first: a device that notes it late would count
        it for the next question, whose answer would then not be waited for.
        """
        until = machine_time() + STUCK_SECONDS
        while self.handled[port] < self.sent[port] and machine_time() < until:
            time.sleep(0.0005)
        for counted in (self.sent, self.handled, self.said, self.heard):
            counted[port] = 0

    def silent(self, port: str) -> bool:
        """Whether the device has handled everything, and all that it said was heard."""
        # In this order: a device has said its answer before it has handled the question.
        idle = not self.time.busy() and self.handled[port] >= self.sent[port]
        return idle and self.heard[port] >= self.said[port]


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the doctor, in this process, wait by a clock of its own."""
    line_time = LineTime()
    lines = QuickLines(line_time)
    link = _link_of(lines)
    for module in (doctor, doctor_reader):
        monkeypatch.setattr(module, "SerialLink", link)
    for module in (outputs, doctor_reader):
        monkeypatch.setattr(module, "monotonic", line_time.monotonic)
    monkeypatch.setattr(doctor, "time", SimpleNamespace(sleep=line_time.sleep))
    monkeypatch.setattr(relay, "monotonic_ns", line_time.monotonic_ns)
    monkeypatch.setattr(Rig, "later", line_time.plan)
    _count(monkeypatch, lines)


def _link_of(lines: QuickLines) -> type[ports.SerialLink]:
    class QuickLink(ports.SerialLink):
        """A port whose silence is known, and not waited out."""

        def __init__(self, port: str, *settings: Any) -> None:
            super().__init__(port, *settings)
            self._device = os.path.realpath(port)
            lines.opened(self._device)

        def read(self, timeout: float) -> bytes:
            until = machine_time() + STUCK_SECONDS
            while True:
                data = super().read(0.0)
                lines.heard[self._device] += len(data)
                if data or not timeout:
                    return data
                if lines.silent(self._device):
                    lines.time.sleep(timeout)
                    return b""
                assert machine_time() < until, f"{self._name} does not handle what it is sent"
                time.sleep(0.0005)

        def write(self, data: bytes) -> None:
            super().write(data)
            lines.sent[self._device] += len(data)

        def offer(self, data: bytes) -> None:
            if data:
                self.write(data)

    return QuickLink


def _count(monkeypatch: pytest.MonkeyPatch, lines: QuickLines) -> None:
    read, write = wire_end.WireEnd.read, wire_end.WireEnd.write
    taken: Counter[str] = Counter()

    def read_and_count(wire: wire_end.WireEnd, timeout: float) -> bytes:
        # A device that reads again has handled what it read before.
        device = os.path.realpath(wire.link)
        lines.handled[device] += taken.pop(device, 0)
        data = read(wire, timeout)
        taken[device] = len(data)
        return data

    def count_and_write(wire: wire_end.WireEnd, data: bytes, timeout: float = 5.0) -> int:
        lines.said[os.path.realpath(wire.link)] += len(data)
        return write(wire, data, timeout)

    monkeypatch.setattr(wire_end.WireEnd, "read", read_and_count)
    monkeypatch.setattr(wire_end.WireEnd, "write", count_and_write)
