"""Line protocol of scanners: bytes in, scanned lines out. Sans-I/O: no port, no clock.

Theory of operation. A scanner sends the text of a code, most models with a line end after it.
`feed` cuts the stream at these. A model without line end is handled by a timeout: after `gap`
seconds of silence the caller calls `idle`, and the text so far is a line. Empty lines are dropped,
so CR LF counts as one end.

Scanners add to a code what they are set to: a control character, a mark of byte order, the AIM
identifier of the kind of code. None of these can be part of a code, whose digits are those of
Base45, so they are taken off wherever they stand. What could be part of one is taken off only where
the settings name it (`prefix`, `suffix`).

A line longer than `MAX_LINE_BYTES` is returned once, cut, as soon as the limit is reached, and the
rest of it is dropped up to its end. So memory is bounded for any input.
"""

import re
from typing import Final

# The longest code, L, has 272 characters; a cut line is one byte longer than this limit, so no code
# can match it.
MAX_LINE_BYTES: Final = 512
# CR and LF, ETX of scanners that frame a code by STX and ETX, and TAB.
_ENDS: Final = b"\r\n\x03\t"
_CONTROLS: Final = bytes(range(0x20)) + b"\x7f"
_BOM: Final = b"\xef\xbb\xbf"
# ISO/IEC 15424: "]", a letter for the kind of code, a digit or letter for how it was read. The QR
# code is ]Q0 to ]Q6, and "]" is no digit of Base45.
_AIM: Final = re.compile(rb"\A\][A-Za-z][0-9A-Za-z]")


class Cleaner:
    """Takes off what a scanner adds to a code; spaces are digits, and stay."""

    def __init__(self, prefix: bytes = b"", suffix: bytes = b"", reply: bytes = b"") -> None:
        # Compared with what is left of a line: without its end, and without NUL.
        self._prefix, self._suffix = prefix.strip(_CONTROLS), suffix.strip(_CONTROLS)
        self._reply = reply.replace(b"\0", b"").rstrip(_ENDS)

    def clean(self, line: bytes) -> bytes:
        """Return the code in a line; b"" where there is none."""
        if self._reply:
            line = line.replace(self._reply, b"")
        line = line.strip(_CONTROLS)
        # Once: a code may end with the same characters.
        line = line.removesuffix(self._suffix).rstrip(_CONTROLS)
        before = b""
        # In any order, as models differ in it.
        while before != line:
            before = line
            line = line.removeprefix(_BOM).removeprefix(self._prefix)
            if line.startswith(b"]"):
                line = _AIM.sub(b"", line)
            line = line.lstrip(_CONTROLS)
        return line


class LineReader:
    """Cuts a stream of bytes into lines. `gap`: seconds of silence that end one.

    `reply`: what the scanner answers to the frames that are sent to it.
    """

    def __init__(
        self, gap: float, prefix: bytes = b"", suffix: bytes = b"", reply: bytes = b""
    ) -> None:
        self.gap = gap
        self._cleaner = Cleaner(prefix, suffix, reply)
        # A last character that is no control character does not end a line, but for the gap.
        ends = _ENDS + suffix[-1:].strip(bytes(range(0x20, 0x100)))
        self._ends_as_cr = bytes.maketrans(ends, b"\r" * len(ends))
        # A break on the line reads as NUL, and some scanners fill up with it.
        self._filling = b"" if b"\0" in ends else b"\0"
        self._buffer = bytearray()
        self._overlong = False
        self._outgoing = bytearray()

    @property
    def pending(self) -> bool:
        """Whether a line has begun; then call `idle` after `gap` seconds of silence."""
        return bool(self._buffer) or self._overlong

    def feed(self, data: bytes) -> list[bytes]:
        """Return the codes that `data` completes, without what the scanner adds."""
        lines: list[bytes] = []
        *complete, rest = data.translate(self._ends_as_cr, self._filling).split(b"\r")
        for part in complete:
            lines += self._append(part)
            lines += self.idle()
        return lines + self._append(rest)

    def idle(self) -> list[bytes]:
        """End the current line and return its code, or nothing when there is none."""
        line, self._overlong = bytes(self._buffer), False
        self._buffer.clear()
        code = self._cleaner.clean(line)
        return [code] if code else []

    def enqueue(self, *frames: bytes) -> None:
        """Have these frames sent to the scanner."""
        self._outgoing += b"".join(frames)

    def outgoing(self) -> bytes:
        """Return what is to be sent to the scanner now, once."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def _append(self, part: bytes) -> list[bytes]:
        if self._overlong:
            return []
        space = MAX_LINE_BYTES + 1 - len(self._buffer)
        self._buffer += part[:space]
        if len(self._buffer) <= MAX_LINE_BYTES:
            return []
        # Return the cut line now, not at its end, which may never come: the door answers
        # "malformed".
        lines = self.idle()
        self._overlong = True
        return lines
