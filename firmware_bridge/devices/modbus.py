"""Modbus RTU relay boards with a hardware pulse ("flash on"): frames out, replies in. Sans-I/O.

Theory of operation. The bridge writes one frame, function 05 "write single coil" of the MODBUS
Application Protocol V1.1b3, section 6.5, with the relay boards' extension for pulses:

    u8 unit | u8 0x05 | u16 0x0200 + coil | u16 time in 100 ms | u16 CRC-16, low byte first

The board closes the relay, opens it again after that time by itself, and echoes the frame. So a
crash or a cut cable never leaves a door open. An error is answered with 5 bytes: unit, the function
code with its highest bit set, the exception code (section 7) and the CRC.

Boards of LC Technology take a pulse as two registers, function 16 "write multiple registers"
(section 6.12), and answer with the address and the count of registers:

    u8 unit | u8 0x10 | u16 3 + 5 × coil | u16 2 | u8 4 | u16 4 | u16 time in 100 ms | CRC
        ▶   u8 unit | u8 0x10 | u16 3 + 5 × coil | u16 2 | CRC

The first register says what the relay does: 4 closes it and opens it after the time, 2 opens it and
closes it after the time. The maker's instructions say so ("turn on, 2 s flashing mode": 4; "turn
off": 2), and lists of registers that others have made say the opposite. What a board does is seen
by the coil that is read back after the pulse began, and again after its end.

The echo proves nothing alone: some RS-485 adapters return every byte that they send. So the coil is
read back, function 01 "read coils" (section 6.1), whose answer differs from its question:

    u8 unit | u8 0x01 | u16 coil | u16 1 | CRC      ▶      u8 unit | u8 0x01 | u8 1 | u8 coil | CRC

The inputs of a board, to which contacts and buttons are wired, are read with function 02 "read
discrete inputs" (section 6.2); its answer has one bit for each, the first in the lowest bit.

    u8 unit | u8 0x02 | u16 0 | u16 n | CRC       ▶       u8 unit | u8 0x02 | u8 bytes | bits | CRC

A coil whose door is open already is switched off by function 05 with the value 0.

A serial line may add noise, so the replies are searched for in the received bytes; without one the
caller's timeout decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# The boards' address offset for "close, then open after the given time".
FLASH_ON: Final = 0x0200
READ_COILS: Final = 0x01
READ_INPUTS: Final = 0x02
WRITE_COIL: Final = 0x05
WRITE_REGISTERS: Final = 0x10
# Of a board of LC Technology: the registers of its first relay, and how many each relay has.
_FIRST_REGISTER: Final = 3
_REGISTERS_EACH: Final = 5
# "Close, then open after the given time".
_CLOSE_FOR: Final = 4
# The boards count time in steps of 100 ms, in a signed 16-bit number: at most 3276.7 s.
UNIT_MS: Final = 100
MAX_UNITS: Final = 0x7FFF
# The exception of a board that does not have a function.
ILLEGAL_FUNCTION: Final = 1
# Set in the function code of an exception response.
_ERROR_BIT: Final = 0x80
FRAME_BYTES: Final = 8
_REGISTERS_BYTES: Final = 13
_REFUSAL_BYTES: Final = 5
_COILS_BYTES: Final = 6
# Unit, function, count of bytes and CRC around the bits of an answer.
_AROUND_BITS: Final = 5
_MAX_BUFFER: Final = 64


def crc16(data: bytes) -> bytes:
    """The CRC-16 of a Modbus RTU frame, low byte first."""
    # MODBUS over Serial Line V1.02, section 2.5.1.2: start 0xFFFF, polynomial 0xA001 (reflected).
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def flash_on(unit: int, coil: int, ms: int) -> bytes:
    """Build the frame that closes `coil` of board `unit` for `ms` milliseconds.

    Raises:
        ValueError: the time is not positive or longer than the board can count.
    """
    address = (FLASH_ON + coil).to_bytes(2, "big")
    body = bytes([unit, WRITE_COIL]) + address + _units(ms)
    return body + crc16(body)


def flash_registers(unit: int, coil: int, ms: int) -> bytes:
    """Build the frame that does the same on a board of LC Technology.

    Raises:
        ValueError: as `flash_on`.
    """
    register = (_FIRST_REGISTER + _REGISTERS_EACH * coil).to_bytes(2, "big")
    body = bytes([unit, WRITE_REGISTERS]) + register + bytes([0, 2, 4, 0, _CLOSE_FOR]) + _units(ms)
    return body + crc16(body)


def _units(ms: int) -> bytes:
    # Rounded up: a door opens for at least as long as it was set to.
    units = -(-ms // UNIT_MS)
    if not 0 < units <= MAX_UNITS:
        raise ValueError(f"a pulse of {ms} ms")
    return units.to_bytes(2, "big")


def read_coil(unit: int, coil: int, *, at_once: int = 0) -> bytes:
    """Build the frame that asks board `unit` whether `coil` is closed.

    `at_once`: the board answers only to a question for its first so many coils.
    """
    first, count = (0, at_once) if at_once else (coil, 1)
    body = bytes([unit, READ_COILS]) + first.to_bytes(2, "big") + count.to_bytes(2, "big")
    return body + crc16(body)


def switch_off(unit: int, coil: int) -> bytes:
    """Build the frame that opens `coil` of board `unit` before its pulse is over."""
    body = bytes([unit, WRITE_COIL]) + coil.to_bytes(2, "big") + bytes(2)
    return body + crc16(body)


def read_inputs(unit: int, count: int) -> bytes:
    """Build the frame that asks board `unit` for its first `count` inputs."""
    body = bytes([unit, READ_INPUTS]) + bytes(2) + count.to_bytes(2, "big")
    return body + crc16(body)


def is_question(frame: bytes) -> bool:
    """Whether a frame that reads, whose answer is never the frame itself."""
    return frame[1] in (READ_COILS, READ_INPUTS)


@dataclass(frozen=True, slots=True)
class Echo:
    """The frame of a pulse has come back: from the board, or from the adapter."""


@dataclass(frozen=True, slots=True)
class CoilState:
    """The board says whether its coil is closed."""

    closed: bool


@dataclass(frozen=True, slots=True)
class InputStates:
    """The board says which of its inputs are closed, the first one first."""

    closed: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The board answered with the Modbus exception `code`."""

    code: int


Reply = Echo | CoilState | InputStates | Refusal


class ReplyReader:
    """Finds the answer to one frame in received bytes; skips noise around it.

    `returned`: the adapter returns each frame, so that the board's echo is the second one. `coil`:
    the one that was asked for.
    """

    def __init__(self, sent: bytes, *, returned: bool = False, coil: int = 0) -> None:
        self._sent, self._returned = sent, returned
        # Where a question begins with a later coil, its answer does.
        self._bit = max(0, coil - int.from_bytes(sent[2:4], "big"))
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Reply | None:
        """Return the answer once it is complete, else None."""
        # An answer is at most 8 bytes, so the newest 64 are enough however much noise arrives.
        self._buffer = (self._buffer + data)[-_MAX_BUFFER:]
        unit, function = self._sent[:2]
        if function == WRITE_COIL and self._buffer.count(self._sent) > self._returned:
            return Echo()
        if function == WRITE_REGISTERS and self._find(self._sent[:6], FRAME_BYTES) is not None:
            return Echo()
        refused = self._find(bytes([unit, function | _ERROR_BIT]), _REFUSAL_BYTES)
        if refused is not None:
            return Refusal(refused[2])
        coils = self._find(bytes([unit, READ_COILS, 1]), _COILS_BYTES)
        if function == READ_COILS and coils is not None:
            return CoilState(bool(coils[3] >> self._bit & 1))
        return self._inputs() if function == READ_INPUTS else None

    def _inputs(self) -> InputStates | None:
        count = int.from_bytes(self._sent[4:6], "big")
        size = (count + 7) // 8
        frame = self._find(bytes([self._sent[0], READ_INPUTS, size]), _AROUND_BITS + size)
        if frame is None:
            return None
        bits = int.from_bytes(frame[3:-2], "little")
        return InputStates(tuple(bool(bits >> n & 1) for n in range(count)))

    @property
    def own_frame(self) -> bool:
        """Whether the frame itself was among the bytes: the adapter returns what it sends."""
        return self._sent in self._buffer

    def _find(self, head: bytes, length: int) -> bytes | None:
        """The first frame in the buffer with this head and length and a good CRC."""
        start = self._buffer.find(head)
        while start >= 0:
            frame = bytes(self._buffer[start : start + length])
            if len(frame) == length and crc16(frame[:-2]) == frame[-2:]:
                return frame
            start = self._buffer.find(head, start + 1)
        return None


@dataclass(frozen=True, slots=True)
class Flash:
    """A pulse request as a board reads it. `ms` is in milliseconds."""

    unit: int
    coil: int
    ms: int


def frame_bytes(buffer: bytes) -> int:
    """How long the frame is that begins here, as a board counts it."""
    return _REGISTERS_BYTES if buffer[1:2] == bytes([WRITE_REGISTERS]) else FRAME_BYTES


def parse_flash_registers(frame: bytes) -> Flash | None:
    """Parse a frame of 13 bytes; None when it is no pulse of LC Technology, or damaged."""
    if len(frame) != _REGISTERS_BYTES or crc16(frame[:-2]) != frame[-2:]:
        return None
    register = int.from_bytes(frame[2:4], "big") - _FIRST_REGISTER
    if frame[1] != WRITE_REGISTERS or frame[4:9] != bytes([0, 2, 4, 0, _CLOSE_FOR]):
        return None
    coil, rest = divmod(register, _REGISTERS_EACH)
    ms = int.from_bytes(frame[9:11], "big") * UNIT_MS
    return Flash(frame[0], coil, ms) if register >= 0 and not rest else None


def parse_flash(frame: bytes) -> Flash | None:
    """Parse a frame of 8 bytes; None when it is no pulse request or damaged."""
    if len(frame) != FRAME_BYTES or crc16(frame[:-2]) != frame[-2:] or frame[1] != WRITE_COIL:
        return None
    address, units = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
    if not FLASH_ON <= address < FLASH_ON + 256:
        return None
    return Flash(frame[0], address - FLASH_ON, units * UNIT_MS)


@dataclass(frozen=True, slots=True)
class CoilQuestion:
    """A question for the state of `count` coils from `coil` on, as a board reads it."""

    unit: int
    coil: int
    count: int


def parse_question(frame: bytes) -> CoilQuestion | None:
    """Parse a frame of 8 bytes; None when it is no question for coils, or damaged."""
    if len(frame) != FRAME_BYTES or crc16(frame[:-2]) != frame[-2:] or frame[1] != READ_COILS:
        return None
    count = int.from_bytes(frame[4:6], "big")
    return CoilQuestion(frame[0], int.from_bytes(frame[2:4], "big"), count)


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """A request to open a coil, as a board reads it."""

    unit: int
    coil: int


def parse_switch_off(frame: bytes) -> SwitchOff | None:
    """Parse a frame of 8 bytes; None when it does not open one coil, or is damaged."""
    if len(frame) != FRAME_BYTES or crc16(frame[:-2]) != frame[-2:] or frame[1] != WRITE_COIL:
        return None
    coil = int.from_bytes(frame[2:4], "big")
    return SwitchOff(frame[0], coil) if coil < FLASH_ON and frame[4:6] == bytes(2) else None


@dataclass(frozen=True, slots=True)
class InputsQuestion:
    """A question for the first inputs of a board, as the board reads it."""

    unit: int
    count: int


def parse_inputs_question(frame: bytes) -> InputsQuestion | None:
    """Parse a frame of 8 bytes; None when it is no question for the first inputs, or damaged."""
    if len(frame) != FRAME_BYTES or crc16(frame[:-2]) != frame[-2:] or frame[1] != READ_INPUTS:
        return None
    if frame[2:4] != bytes(2):
        return None
    return InputsQuestion(frame[0], int.from_bytes(frame[4:6], "big"))


def input_states(unit: int, closed: Sequence[bool]) -> bytes:
    """Build a board's answer to the question for its first inputs."""
    bits = sum(state << number for number, state in enumerate(closed))
    size = (len(closed) + 7) // 8
    body = bytes([unit, READ_INPUTS, size]) + bits.to_bytes(size, "little")
    return body + crc16(body)


def coil_states(unit: int, closed: Sequence[bool]) -> bytes:
    """Build a board's answer to the question for 1 to 8 coils."""
    body = bytes([unit, READ_COILS, 1, sum(state << bit for bit, state in enumerate(closed))])
    return body + crc16(body)
