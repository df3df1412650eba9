"""What reads bytes from outside, as functions of any bytes that raise where a promise is broken.

Each target has some sound inputs, from which a fuzzer begins.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from firmware_bridge.devices import modbus, ssi
from firmware_bridge.devices.line import MAX_LINE_BYTES
from firmware_bridge.devices.modbus import CoilState, Echo, InputStates, Refusal, ReplyReader
from firmware_bridge.devices.reader_profiles import PROFILES, ReaderProfile
from firmware_bridge.devices.scanner import open_scanner
from firmware_bridge.sync import channel
from firmware_bridge.wire.decide import Decision
from firmware_bridge.wire.messages.changes import Changes, SharedGrant
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.enrol import Invitation, read_code, read_wire
from firmware_bridge.wire.messages.entries import Entry, Upload, UploadAck
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.messages.holder_row import read_holder
from firmware_bridge.wire.messages.signature import is_signed, read_issuers
from tests.world.make_vectors import TS
from tests.world.wire_samples import judge, key_of, parse_scan, vectors

SHORT: Final[bytes] = vectors()["short"][0]["text"].encode()
LONG: Final[bytes] = vectors()["long"][0]["text"].encode()
GOLDEN: Final = Path(__file__).parents[1] / "wire" / "golden"


@dataclass(frozen=True, slots=True)
class Target:
    """`run` takes any bytes; `begin` are sound ones."""

    run: Callable[[bytes], None]
    begin: Sequence[bytes]


# Scanners: the first byte chooses the profile, the second how the stream is cut.


def frames_of(profile: ReaderProfile, code: bytes) -> bytes:
    """What a scanner of this profile sends for a code."""
    if profile.protocol == "ssi":
        return b"".join(ssi.decode_data(code))
    return profile.prefix + code + (profile.suffix or b"\r")


def scanners(data: bytes) -> None:
    """No bytes make a scanner's protocol fail, grow or stay stuck."""
    if len(data) < 2:
        return
    profile = tuple(PROFILES.values())[data[0] % len(PROFILES)]
    cut, noise = data[1] % 64 + 1, data[2:]
    scanner = open_scanner(profile)
    lines = [
        line for at in range(0, len(noise), cut) for line in scanner.feed(noise[at : at + cut])
    ]
    lines += scanner.idle()
    assert all(0 < len(line) <= MAX_LINE_BYTES + 1 for line in lines)
    assert len(scanner.outgoing()) <= 16 * (len(noise) + 1)
    # A door is silent again and again; then a code is read.
    for _ in range(16):
        scanner.idle()
    assert not scanner.pending
    assert scanner.feed(frames_of(profile, SHORT)) + scanner.idle() == [SHORT]
    for line in lines[:4]:
        parse_scan(line)
        Invitation.from_text(line.decode(errors="replace"))
        read_code(line.decode(errors="replace"))


# Codes.


def token(data: bytes) -> None:
    """Any text is decided on, and none but the two signed ones is granted."""
    decision: Decision = judge(data, TS, key_of("phone"))
    assert not decision.granted or data in (SHORT, LONG), decision


# Boards: the first byte chooses the frame that was sent, the second how the answer is cut.

_SENT: Final = (
    modbus.flash_on(1, 2, 500),
    modbus.flash_registers(1, 2, 500),
    modbus.read_coil(1, 2),
    modbus.read_coil(1, 2, at_once=8),
    modbus.read_inputs(1, 8),
    modbus.read_inputs(1, 16),
    modbus.switch_off(1, 2),
)
_PARSERS: Final[Sequence[Callable[[bytes], object]]] = (
    modbus.parse_flash,
    modbus.parse_flash_registers,
    modbus.parse_question,
    modbus.parse_switch_off,
    modbus.parse_inputs_question,
)


def _crc_of(byte: int) -> int:
    return int.from_bytes(modbus.crc16(bytes([byte])), "little") ^ _CRC_OF_NOTHING


_CRC_OF_NOTHING: Final = int.from_bytes(modbus.crc16(b"\xff"), "little")
_BY_BYTE: Final = [_crc_of(byte ^ 0xFF) for byte in range(256)]


def quick_crc16(data: bytes) -> bytes:
    """`modbus.crc16` by a table: computing it bit by bit takes most of the time."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _BY_BYTE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(2, "little")


def find_unchecked(reader: ReplyReader, head: bytes, length: int) -> bytes | None:
    """A planted fault: the first frame with this head and length, whatever its check sum."""
    start = reader._buffer.find(head)
    frame = bytes(reader._buffer[start : start + length])
    return frame if start >= 0 and len(frame) == length else None


def _frames(data: bytes, size: int) -> Iterator[bytes]:
    """The whole frames of that size in the data, told by their check sum."""
    for at in range(len(data) - size + 1):
        frame = data[at : at + size]
        if modbus.crc16(frame[:-2]) == frame[-2:]:
            yield frame


def boards(data: bytes) -> None:
    """No answer is read that the bytes do not hold, and memory is bounded."""
    if len(data) < 2:
        return
    sent, cut, answer = _SENT[data[0] % len(_SENT)], data[1] % 16 + 1, data[2:]
    reader = ReplyReader(sent, returned=bool(data[1] & 0x80), coil=2)
    for at in range(0, len(answer), cut):
        reply = reader.feed(answer[at : at + cut])
        assert len(reader._buffer) <= 64
        if reply is not None:
            _check_reply(reply, sent, answer[: at + cut])
            break
    for parse in _PARSERS:
        parse(answer)
        parse(answer[:8])


def _check_reply(reply: modbus.Reply, sent: bytes, answer: bytes) -> None:
    match reply:
        case Echo():
            short = sent[:6] in [frame[:6] for frame in _frames(answer, 8)]
            assert sent in answer or (sent[1] == modbus.WRITE_REGISTERS and short)
        case Refusal(code):
            assert bytes([sent[0], sent[1] | 0x80, code]) in [f[:3] for f in _frames(answer, 5)]
        case CoilState(closed):
            assert sent[1] == modbus.READ_COILS
            # Where the question begins with the first coil, the third one is in its place.
            bit = 0 if sent[3] else 2
            bytes_of = [frame[3] for frame in _frames(answer, 6) if frame[:3] == b"\1\1\1"]
            assert closed in {bool(one >> bit & 1) for one in bytes_of}
        case InputStates(closed):
            assert (sent[1], len(closed)) == (modbus.READ_INPUTS, sent[5])


# Messages: sound ones with changes, or any JSON.


# As JSON, so that each use has its own.
_STRANGE: Final[Sequence[str]] = (
    *("null", "true", "-1", "0", "2147483648", "9007199254740993", "1" + "0" * 400, "1.5", "NaN"),
    *("Infinity", '""', '"x"', '"\\u0000"', '"\\ud800"', f'"{"9" * 300}"', f'"{"ff" * 32}"'),
    *("[]", "[null]", "[[]]", "{}", '{"": {}}'),
)


def changed(text: str, edits: bytes) -> Any:
    """The message with changes: each four bytes say where, what, and with which strange value."""
    message = json.loads(text)
    for at in range(0, len(edits) - 3, 4):
        message = _edit(message, edits[at], edits[at + 1], edits[at + 2], edits[at + 3])
    return message


def _edit(node: Any, where: int, deeper: int, how: int, what: int) -> Any:
    if not isinstance(node, dict | list) or not node or how % 8 == 7:
        return json.loads(_STRANGE[what % len(_STRANGE)])
    keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
    key = keys[where % len(keys)]
    if how % 8 == 6:
        del node[key]
    elif how % 8 == 5 and isinstance(node, list):
        node.append(json.loads(_STRANGE[what % len(_STRANGE)]))
    else:
        node[key] = _edit(node[key], deeper, where ^ what, how >> 1, what)
    return node


_READERS: Final[Sequence[Callable[[Any], object]]] = (
    Changes.from_json,
    UploadAck.from_json,
    Upload.from_json,
    Entry.from_json,
    read_holder,
    DoorCommand.from_json,
    SharedGrant.from_json,
)
_MESSAGES: Final = [
    path.read_text() for path in sorted(GOLDEN.glob("v*/*.json")) if path.stat().st_size < 5000
]


def messages(data: bytes) -> None:
    """A message is read or refused, by MessageError alone; what was read can be sent."""
    if data[:1] and data[0] < 0xF0:
        raw = changed(_MESSAGES[data[0] % len(_MESSAGES)], data[1:])
    else:
        try:
            raw = json.loads(data[1:])
        except (ValueError, RecursionError):
            return
    for node in islice(_parts(raw), 40):
        for read in _READERS:
            with suppress(MessageError):
                _check_read(read(node))
        read_issuers(node)
        if isinstance(node, Mapping):
            read_wire(node)


def _parts(raw: Any) -> Iterator[Any]:
    """The message and what is in it: rows have readers of their own."""
    yield raw
    if isinstance(raw, dict | list):
        for part in raw.values() if isinstance(raw, dict) else raw:
            if isinstance(part, dict | list):
                yield from _parts(part)


def _check_read(found: object) -> None:
    if isinstance(found, Changes | UploadAck | Entry | SharedGrant | DoorCommand):
        again = json.loads(json.dumps(found.to_json()))
        assert type(found).from_json(again).to_json() == again


# Answers over HTTP, as they come out of a socket.


class _Connection:
    """A socket that the server has written these bytes to."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def sendall(self, data: object) -> None:
        """Take the request."""

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)

    def shutdown(self, how: int) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""


def answers(data: bytes) -> None:
    """An answer of any bytes is a reply or a ServerError."""
    connection = channel.Channel("http://zone.example", 1.0)

    def connect() -> None:
        connection._http.sock = _Connection(data)

    setattr(connection._http, "connect", connect)  # noqa: B010 -- mypy refuses assignment
    with suppress(channel.ServerError):
        reply = connection.call("GET", "/changes?after=0", None, "token", "0" * 32)
        channel.checked_body(reply)
        is_signed(reply.signature, reply.exchange, {1: bytes(32), 2: b"x" * 32})


_GOLDEN_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nDate: Mon, 30 Nov 2026 07:00:00 GMT\r\nZone-Signature: 1." + b"00" * 64
)
_BODY: Final = json.dumps({"stored": [1], "duplicates": [], "quarantined": []}).encode()

TARGETS: Final[Mapping[str, Target]] = {
    "scanners": Target(
        scanners,
        [
            bytes([number, 63]) + frames_of(profile, code)
            for number, profile in enumerate(PROFILES.values())
            for code in (SHORT, LONG)
        ],
    ),
    "token": Target(token, [SHORT, LONG]),
    "boards": Target(
        boards,
        [
            bytes([0, 15]) + _SENT[0],
            bytes([1, 15]) + _SENT[1][:6] + modbus.crc16(_SENT[1][:6]),
            bytes([2, 15]) + modbus.coil_states(1, [True]),
            bytes([3, 15]) + modbus.coil_states(1, [False, False, True]),
            bytes([4, 15]) + modbus.input_states(1, [True] * 8),
            bytes([5, 15]) + modbus.input_states(1, [True] * 16),
            bytes([6, 15]) + _SENT[6],
        ],
    ),
    "messages": Target(
        messages,
        [bytes([number, 1, 2, 3, 4]) for number in range(len(_MESSAGES))]
        + [b"\xff" + message.encode() for message in _MESSAGES],
    ),
    "answers": Target(
        answers,
        [
            _GOLDEN_ANSWER + b"\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\n{"code":"x"}',
        ],
    ),
}
