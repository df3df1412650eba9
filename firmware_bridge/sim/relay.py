"""A Modbus RTU relay board at the end of a serial line: reads frames, echoes them, and remembers its pulses."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from firmware_bridge.clock import monotonic_ns
from firmware_bridge.devices.modbus import FRAME_BYTES, Flash, crc16, parse_flash
from firmware_bridge.sim.wire_end import Unplugged, WireEnd

# Modbus RTU ends a frame by silence; a damaged one is thrown away then.
SILENCE_SECONDS: Final = 0.05

# Between two reads, so that somebody can pull the line out. Kept short, for a strike waits as long
# to be heard.
DEAF_SECONDS: Final = 0.0001

Mood = Literal["echo", "silent", "wrong", "refuse"]


@dataclass(frozen=True, slots=True)
class Pulse:
    """One strike: which coil, for how long, and when its frame's last byte was read (monotonic, ns)."""

    flash: Flash
    at: int


class SimulatedRelay:
    """Runs in a thread of its own. `mood` is how it answers. `on_pulse` is called before the echo is sent."""

    def __init__(
        self, link: Path, unit: int = 1, on_pulse: Callable[[Pulse], None] | None = None
    ) -> None:
        self.wire = WireEnd(link)
        self.pulses: list[Pulse] = []
        self.mood: Mood = "echo"
        self._unit, self._on_pulse = unit, on_pulse
        self._buffer = bytearray()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(2)
        self.wire.hang_up()

    def _run(self) -> None:
        heard_at = monotonic_ns()
        while not self._stop.is_set():
            data = self.wire.read(SILENCE_SECONDS / 5)
            if data:
                heard_at = (
                    monotonic_ns()
                )  # before the frame's check is worked out, which is the board's time
                self._feed(data, heard_at)
                continue
            if monotonic_ns() - heard_at > SILENCE_SECONDS * 1e9:
                self._buffer.clear()
            self.wire.forget_exclusive()
            self._stop.wait(DEAF_SECONDS)

    def _feed(self, data: bytes, at: int) -> None:
        self._buffer += data
        while len(self._buffer) >= FRAME_BYTES:
            frame, self._buffer = bytes(self._buffer[:FRAME_BYTES]), self._buffer[FRAME_BYTES:]
            flash = parse_flash(frame)
            if flash is not None and flash.unit == self._unit:
                self._obey(frame, Pulse(flash, at))

    def _obey(self, frame: bytes, pulse: Pulse) -> None:
        if self.mood != "refuse":
            self.pulses.append(pulse)
            if self._on_pulse is not None:
                self._on_pulse(pulse)
        try:
            self.wire.write(self._reply(frame))
        except (Unplugged, OSError):
            self._buffer.clear()

    def _reply(self, frame: bytes) -> bytes:
        if self.mood == "refuse":
            refusal = bytes([frame[0], frame[1] | 0x80, 4])
            return refusal + crc16(refusal)
        if self.mood == "wrong":
            return frame[:-1] + bytes([frame[-1] ^ 0xFF])
        return b"" if self.mood == "silent" else frame
