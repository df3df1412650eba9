"""Modbus RTU relay boards with a hardware pulse ("flash on"): frames out, replies in. No port, no clock.

The board itself ends the pulse, so a crash or a cut cable can never leave a door open. Source of the frame: the
common relay boards' extension of function 05 (write single coil): address 0x0200 + coil, value = time × 100 ms.
"""

from dataclasses import dataclass
from typing import Final

FLASH_ON: Final = 0x0200
WRITE_COIL: Final = 0x05
UNIT_MS: Final = 100
MOST_UNITS: Final = 0x7FFF
FRAME_BYTES: Final = 8
_REFUSAL_BYTES: Final = 5
_MOST_BYTES: Final = 64


def crc16(data: bytes) -> bytes:
    """The check of a Modbus RTU frame, low byte first (polynomial 0xA001, start 0xFFFF)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def flash_on(unit: int, coil: int, ms: int) -> bytes:
    """The frame that closes `coil` of board `unit` for `ms` milliseconds, rounded up to the board's 100 ms.

    Raises:
        ValueError: the time is not positive or longer than the board can count.
    """
    units = -(-ms // UNIT_MS)
    if not 0 < units <= MOST_UNITS:
        raise ValueError(f"a pulse of {ms} ms")
    address = (FLASH_ON + coil).to_bytes(2, "big")
    body = bytes([unit, WRITE_COIL]) + address + units.to_bytes(2, "big")
    return body + crc16(body)


@dataclass(frozen=True, slots=True)
class Echo:
    """The board did as told."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The board answered with a Modbus exception `code`."""

    code: int


class ReplyReader:
    """Waits for the answer to one frame, byte by byte if need be. Noise around it is passed over."""

    def __init__(self, sent: bytes) -> None:
        self._sent = sent
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Echo | Refusal | None:
        """The answer once it is whole; None while it is not."""
        self._buffer = (self._buffer + data)[-_MOST_BYTES:]
        if self._sent in self._buffer:
            return Echo()
        head = bytes([self._sent[0], self._sent[1] | 0x80])
        start = self._buffer.find(head)
        while start >= 0:
            frame = bytes(self._buffer[start : start + _REFUSAL_BYTES])
            if len(frame) == _REFUSAL_BYTES and crc16(frame[:-2]) == frame[-2:]:
                return Refusal(frame[2])
            start = self._buffer.find(head, start + 1)
        return None


@dataclass(frozen=True, slots=True)
class Flash:
    """A pulse as a board reads it."""

    unit: int
    coil: int
    ms: int


def parse_flash(frame: bytes) -> Flash | None:
    """The pulse that a frame of 8 bytes asks for; None when it is something else or damaged."""
    if len(frame) != FRAME_BYTES or crc16(frame[:-2]) != frame[-2:] or frame[1] != WRITE_COIL:
        return None
    address, units = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
    if not FLASH_ON <= address < FLASH_ON + 256:
        return None
    return Flash(frame[0], address - FLASH_ON, units * UNIT_MS)
