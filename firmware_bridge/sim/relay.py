"""A simulated Modbus RTU relay board: reads frames, answers them, and records its pulses."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from firmware_bridge.clock import monotonic_ns
from firmware_bridge.devices.board_profiles import WAVESHARE, BoardProfile
from firmware_bridge.devices.modbus import (
    ILLEGAL_FUNCTION,
    CoilQuestion,
    Flash,
    InputsQuestion,
    coil_states,
    crc16,
    frame_bytes,
    input_states,
    is_question,
    parse_flash,
    parse_flash_registers,
    parse_inputs_question,
    parse_question,
    parse_switch_off,
)
from firmware_bridge.sim.wire_end import Unplugged, WireEnd

ILLEGAL_ADDRESS: Final = 2
# In Modbus RTU silence ends a frame (3.5 characters; Serial Line V1.02, section 2.5.1.1),
# so an incomplete one is dropped then.
SILENCE_SECONDS: Final = 0.05
# The pause between two reads, in which another thread can get the line's lock to unplug it. It is
# short because it delays the reading of a strike.
PAUSE_SECONDS: Final = 0.0001

# `adapter`: no board, but an adapter that returns what it sends. `no_reading`: a board that does
# not have functions 01 and 02. `no_inputs`: one that does not answer to function 02.
ReplyMode = Literal["echo", "silent", "wrong", "refuse", "adapter", "no_reading", "no_inputs"]


@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse, and when the last byte of its frame was read (monotonic, ns)."""

    flash: Flash
    at: int


class SimulatedRelay:
    """A relay board with a thread of its own.

    `reply_mode` is how it answers. `on_pulse` is called before the echo is sent. `holds`: its
    relays stay closed after a pulse, as those that take its command for another one.
    """

    def __init__(
        self,
        link: Path,
        unit: int = 1,
        on_pulse: Callable[[Pulse], None] | None = None,
        profile: BoardProfile = WAVESHARE,
    ) -> None:
        self.wire = WireEnd(link)
        self.pulses: list[Pulse] = []
        self.reply_mode: ReplyMode = "echo"
        self.holds = False
        self._unit, self._on_pulse, self._profile = unit, on_pulse, profile
        self._buffer = bytearray()
        # Coil → until when its pulse lasts (monotonic, ns).
        self._closed: dict[int, int] = {}
        # The circuits of the inputs that are closed.
        self.closed_inputs: set[int] = set()
        self.cuts: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(2)
        self.wire.unplug()

    def coil_closed(self, coil: int) -> bool:
        """Whether a pulse of this coil holds."""
        return monotonic_ns() < self._closed.get(coil, 0)

    def seconds_left(self, coil: int) -> float:
        """For how long the pulse of this coil still holds."""
        return max(0.0, (self._closed.get(coil, 0) - monotonic_ns()) / 1e9)

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
        if self.reply_mode == "adapter":
            self._send(data)
            return
        self._buffer += data
        while len(self._buffer) >= (size := frame_bytes(bytes(self._buffer))):
            frame, self._buffer = bytes(self._buffer[:size]), self._buffer[size:]
            if frame[0] == self._unit:
                self._obey(frame, at)

    def _obey(self, frame: bytes, at: int) -> None:
        coils = self._profile.pulse == "coil"
        flash = parse_flash(frame) if coils else parse_flash_registers(frame)
        off = parse_switch_off(frame)
        question = parse_question(frame) or parse_inputs_question(frame)
        if flash is not None:
            self._pulse(frame, Pulse(flash, at))
        elif off is not None:
            self._closed.pop(off.coil, None)
            self.cuts.append(off.coil)
            self._answer(frame, frame)
        elif question is not None and self._profile.read_at_once in (0, question.count):
            self._answer_question(frame, question)
        elif parse_flash(frame) or parse_flash_registers(frame):
            self._send(_refusal(frame, ILLEGAL_ADDRESS))  # the pulse of another family

    def _answer_question(self, frame: bytes, question: CoilQuestion | InputsQuestion) -> None:
        if isinstance(question, CoilQuestion):
            coils = range(question.coil, question.coil + question.count)
            self._answer(frame, coil_states(self._unit, [self.coil_closed(one) for one in coils]))
        elif self.reply_mode != "no_inputs":
            closed = [number in self.closed_inputs for number in range(question.count)]
            self._answer(frame, input_states(self._unit, closed))

    def _pulse(self, frame: bytes, pulse: Pulse) -> None:
        if self.reply_mode != "refuse":
            ms = pulse.flash.ms if not self.holds else 10**9
            self._closed[pulse.flash.coil] = pulse.at + ms * 1_000_000
            self.pulses.append(pulse)
            if self._on_pulse is not None:
                self._on_pulse(pulse)
        # Function 16 is answered without its values.
        short = frame[:6] + crc16(frame[:6])
        self._answer(frame, frame if self._profile.pulse == "coil" else short)

    def _answer(self, frame: bytes, reply: bytes) -> None:
        refuses = self.reply_mode == "no_reading" and is_question(frame)
        if self.reply_mode == "refuse" or refuses:
            reply = _refusal(frame, ILLEGAL_FUNCTION if refuses else 4)
        if self.reply_mode == "wrong":
            reply = reply[:-1] + bytes([reply[-1] ^ 0xFF])
        if self.reply_mode != "silent":
            self._send(reply)

    def _send(self, data: bytes) -> None:
        try:
            self.wire.write(data)
        except (Unplugged, OSError):
            self._buffer.clear()


def _refusal(frame: bytes, code: int) -> bytes:
    reply = bytes([frame[0], frame[1] | 0x80, code])
    return reply + crc16(reply)
