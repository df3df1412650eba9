"""Zebra's Simple Serial Interface: bytes in, codes and answers out. Sans-I/O: no port, no clock.

Theory of operation (Simple Serial Interface Programmer's Guide, 72E-40451). Packets of both
sides:

    u8 length without check sum | u8 opcode | u8 source | u8 status | data | u16 check sum

The check sum is the two's complement of the sum of all bytes before it. Bit 0 of `status` marks a
repeated packet, bit 1 one that is not the last of its message. A read code is DECODE_DATA, whose
first byte of data is the kind of code, in each packet of the message. The scanner waits for CMD_ACK
after each packet, and sends it twice more without one; CMD_NAK makes it send at once.

1. A packet counts when its check sum is right. It is acknowledged before the door decides.
2. A damaged packet is answered with CMD_NAK, and is no line: it comes again. When it was damaged
   three times it will not, and then its rest is a line: a door that does nothing would leave the
   person, and whoever looks after the cable, without a sign.
3. Text between packets is a line. So a scanner whose packets are switched off opens the door too.
4. The next frame of ours goes out when the scanner has answered the one before, or is silent.
"""

from collections import deque
from typing import Final

from firmware_bridge.devices.line import MAX_LINE_BYTES, Cleaner, LineReader

CMD_ACK: Final = 0xD0
CMD_NAK: Final = 0xD1
START_DECODE: Final = 0xE4
BEEP: Final = 0xE6
LED_ON: Final = 0xE7
LED_OFF: Final = 0xE8
DECODE_DATA: Final = 0xF3
# Data of BEEP: one short high tone, and one long low tone.
SHORT_HIGH: Final = b"\x00"
LONG_LOW: Final = b"\x0f"
# Data of LED_ON and LED_OFF: bit 0 is the light of a good read.
DECODE_LED: Final = b"\x01"
# Data of CMD_NAK: the check sum was wrong, send again.
RESEND: Final = b"\x01"
HOST: Final = 4
DECODER: Final = 0
RETRANSMITTED: Final = 0b01
MORE_FOLLOWS: Final = 0b10
# The kind of code in DECODE_DATA: QR.
QR: Final = b"\x1c"
# A packet is sent three times at most.
ATTEMPTS: Final = 3

_HEADER_BYTES: Final = 4
_CHECK_BYTES: Final = 2
# Opcodes of scanners lie above all text: a byte below is none.
_LEAST_OPCODE: Final = 0x80
# What a scanner says when it has found no code ("no read").
_NO_READ: Final = b"NR"
# Silences after which the rest of a message is not awaited any more.
_PATIENCE: Final = 12
_MOST_WAITING: Final = 8


def check_sum(body: bytes) -> bytes:
    """The check sum of a packet's bytes before it."""
    return (-sum(body) & 0xFFFF).to_bytes(_CHECK_BYTES, "big")


def packet(opcode: int, data: bytes = b"", *, source: int = HOST, status: int = 0) -> bytes:
    """Build a packet.

    Raises:
        ValueError: the data is longer than the 251 bytes that a packet can hold.
    """
    body = bytes([_HEADER_BYTES + len(data), opcode, source, status]) + data
    return body + check_sum(body)


def decode_data(code: bytes, kind: bytes = QR) -> list[bytes]:
    """The packets in which a scanner sends a code."""
    room = 0xFF - _HEADER_BYTES - len(kind)
    parts = [code[at : at + room] for at in range(0, len(code), room)]
    return [
        packet(
            DECODE_DATA,
            kind + part,
            source=DECODER,
            status=0 if number == len(parts) else MORE_FOLLOWS,
        )
        for number, part in enumerate(parts, 1)
    ]


def split_packet(buffer: bytes) -> tuple[bytes, bytes] | None:
    """The first packet and the rest, if a whole one with a right check sum is at the front."""
    size = buffer[0] + _CHECK_BYTES if buffer else 0
    body, check = buffer[: size - _CHECK_BYTES], buffer[size - _CHECK_BYTES : size]
    whole = len(buffer) >= size >= _HEADER_BYTES + _CHECK_BYTES and check_sum(body) == check
    return (body, buffer[size:]) if whole else None


class SsiReader:
    """Finds codes in what a scanner sends, and says what to answer. `gap`: see `LineReader`."""

    def __init__(self, gap: float, prefix: bytes = b"", suffix: bytes = b"") -> None:
        self.gap = gap
        self._cleaner = Cleaner(prefix, suffix)
        self._text = LineReader(gap, prefix, suffix)
        self._buffer = b""
        # The parts of a message whose last packet has not come yet.
        self._parts = b""
        self._last = b""
        self._damaged = 0
        # Whether a damaged packet has come since the last silence: it may be several lines.
        self._in_damage = False
        self._silences = 0
        self._answers = bytearray()
        self._waiting: deque[bytes] = deque(maxlen=_MOST_WAITING)
        self._unanswered = False

    @property
    def pending(self) -> bool:
        """Whether a packet or a line has begun; then call `idle` after `gap` of silence."""
        return bool(self._buffer or self._parts) or self._text.pending

    def feed(self, data: bytes) -> list[bytes]:
        """Return the codes that `data` completes, without what the scanner adds."""
        self._silences = 0
        self._buffer += data
        return self._judge(self._take(ended=False))

    def idle(self) -> list[bytes]:
        """End what has begun: it is text, or a damaged packet."""
        lines = self._judge(self._take(ended=True) + self._text.idle())
        self._in_damage = self._unanswered = False
        self._silences += 1
        if self._silences > _PATIENCE:
            self._parts = b""
        return lines

    def enqueue(self, *frames: bytes) -> None:
        """Have these packets sent to the scanner, one after the other."""
        self._waiting += frames

    def outgoing(self) -> bytes:
        """Return what is to be sent to the scanner now, once."""
        data = bytes(self._answers)
        self._answers.clear()
        if not self._unanswered and self._waiting:
            self._unanswered = True
            data += self._waiting.popleft()
        return data

    def _take(self, *, ended: bool) -> list[bytes]:
        """Take packets and text from the front of the buffer. `ended`: no more bytes will come."""
        lines: list[bytes] = []
        while self._buffer:
            found = split_packet(self._buffer)
            if found is not None:
                body, self._buffer = found
                lines += self._obey(body)
            elif not ended and _may_become_packet(self._buffer):
                break
            else:
                lines += self._text.feed(self._buffer[:1])
                self._buffer = self._buffer[1:]
        return lines

    def _judge(self, lines: list[bytes]) -> list[bytes]:
        """Keep back a damaged packet, which will come again, and ask for it."""
        if all(line.isascii() for line in lines):
            return lines
        if not self._in_damage:
            self._in_damage = True
            self._damaged = self._damaged % ATTEMPTS + 1
            self._answers += packet(CMD_NAK, RESEND)
        return [line for line in lines if line.isascii() or self._damaged == ATTEMPTS]

    def _obey(self, body: bytes) -> list[bytes]:
        opcode, status, data = body[1], body[3], body[_HEADER_BYTES:]
        # What stood before it was noise, or the damaged packet that it repeats.
        self._text.idle()
        if opcode in (CMD_ACK, CMD_NAK):
            # Nothing answers an answer. A refused beep is not worth a second one.
            self._unanswered = False
            return []
        self._answers += packet(CMD_ACK)
        # It repeats what has come, because our CMD_ACK was lost; or what has come damaged.
        again = bool(status & RETRANSMITTED) and not self._damaged and data == self._last
        self._damaged = 0
        if opcode != DECODE_DATA or again:
            return []
        self._last = data
        self._parts = (self._parts + data[1:])[: MAX_LINE_BYTES + 1]
        if status & MORE_FOLLOWS:
            return []
        code, self._parts = self._cleaner.clean(self._parts), b""
        return [code] if code not in (b"", _NO_READ) else []


def _may_become_packet(buffer: bytes) -> bool:
    """Whether a packet of a scanner may begin here, of which bytes are missing."""
    if len(buffer) >= 2 and buffer[1] < _LEAST_OPCODE:
        return False
    if len(buffer) >= 3 and buffer[2] != DECODER:
        return False
    return buffer[0] >= _HEADER_BYTES and len(buffer) < buffer[0] + _CHECK_BYTES
