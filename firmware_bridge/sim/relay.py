"""A simulated Modbus RTU relay board: reads frames, answers them, and records its pulses."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from firmware_bridge.clock import monotonic_ns
from firmware_bridge.devices.modbus import FRAME_BYTES, Flash, crc16, parse_flash
from firmware_bridge.sim.wire_end import Unplugged, WireEnd

# In Modbus RTU silence ends a frame (3.5 characters; Serial Line V1.02, section 2.5.1.1),
# so an incomplete one is dropped then.
SILENCE_SECONDS: Final = 0.05
# The pause between two reads, in which another thread can get the line's lock to unplug it. It is
# short because it delays the reading of a strike.
PAUSE_SECONDS: Final = 0.0001

ReplyMode = Literal["echo", "silent", "wrong", "refuse"]


@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse, and when the last byte of its frame was read (monotonic, ns)."""

    flash: Flash
    at: int


class SimulatedRelay:
    """A relay board with a thread of its own.

    `reply_mode` is how it answers. `on_pulse` is called before the echo is sent.
    """

    def __init__(
        self, link: Path, unit: int = 1, on_pulse: Callable[[Pulse], None] | None = None
    ) -> None:
        self.wire = WireEnd(link)
        self.pulses: list[Pulse] = []
        self.reply_mode: ReplyMode = "echo"
        self._unit, self._on_pulse = unit, on_pulse
        self._buffer = bytearray()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(2)
        self.wire.unplug()

    def _run(self) -> None:
        received_at = monotonic_ns()
        while not self._stop.is_set():
            data = self.wire.read(SILENCE_SECONDS / 5)
            if data:
                # Before the CRC is computed: that is time of the board, not of the bridge.
                received_at = monotonic_ns()
                self._feed(data, received_at)
                continue
            if monotonic_ns() - received_at > SILENCE_SECONDS * 1e9:
                self._buffer.clear()
            self.wire.clear_exclusive()
            self._stop.wait(PAUSE_SECONDS)

    def _feed(self, data: bytes, at: int) -> None:
        self._buffer += data
        while len(self._buffer) >= FRAME_BYTES:
            frame, self._buffer = bytes(self._buffer[:FRAME_BYTES]), self._buffer[FRAME_BYTES:]
            flash = parse_flash(frame)
            if flash is not None and flash.unit == self._unit:
                self._pulse(frame, Pulse(flash, at))

    def _pulse(self, frame: bytes, pulse: Pulse) -> None:
        if self.reply_mode != "refuse":
            self.pulses.append(pulse)
            if self._on_pulse is not None:
                self._on_pulse(pulse)
        try:
            self.wire.write(self._reply(frame))
        except (Unplugged, OSError):
            self._buffer.clear()

    def _reply(self, frame: bytes) -> bytes:
        if self.reply_mode == "refuse":
            refusal = bytes([frame[0], frame[1] | 0x80, 4])
            return refusal + crc16(refusal)
        if self.reply_mode == "wrong":
            return frame[:-1] + bytes([frame[-1] ^ 0xFF])
        return b"" if self.reply_mode == "silent" else frame
