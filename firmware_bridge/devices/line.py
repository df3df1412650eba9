"""Line protocol of scanners: bytes in, scanned lines out. Sans-I/O: no port, no clock.

Theory of operation. A scanner sends the text of a code, most models with CR, LF or both after it.
`feed` cuts the stream at these. A model without line end is handled by a timeout: after
`IDLE_SECONDS` of silence the caller calls `idle`, and the text so far is a line. Empty lines are
dropped, so CR LF counts as one end.

A line longer than `MAX_LINE_BYTES` is returned once, cut, as soon as the limit is reached, and the
rest of it is dropped up to its end. So memory is bounded for any input.
"""

from typing import Final

# Seconds of silence after which a line without an end is complete. 60 ms is about 700 bytes at 115
# 200 baud, and short enough that a person does not notice it.
IDLE_SECONDS: Final = 0.06
# The longest code, L, has 272 characters; a cut line is one byte longer than this limit, so no code
# can match it.
MAX_LINE_BYTES: Final = 512


class LineReader:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._overlong = False

    @property
    def pending(self) -> bool:
        """Whether a line has begun; then call `idle` after `IDLE_SECONDS` of silence."""
        return bool(self._buffer) or self._overlong

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that `data` completes, without their ends."""
        lines: list[bytes] = []
        # Nothing is stripped: 82 % of codes contain a space, which is a Base45 digit.
        *complete, rest = data.replace(b"\n", b"\r").split(b"\r")
        for part in complete:
            lines += self._append(part)
            lines += self.idle()
        return lines + self._append(rest)

    def idle(self) -> list[bytes]:
        """End the current line and return it, or nothing when there is none."""
        line, self._overlong = bytes(self._buffer), False
        self._buffer.clear()
        return [line] if line else []

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
