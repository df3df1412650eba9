"""The device's end of a serial line: a pty behind a symbolic link, which can be unplugged."""

import fcntl
import os
import select
import termios
import threading
import tty
from pathlib import Path
from typing import Final

from firmware_bridge.clock import monotonic, monotonic_ns

_CHUNK: Final = 4096
# Linux: whether TIOCEXCL holds. Python's termios does not name it.
_TIOCGEXCL: Final = 0x80045440


class Unplugged(Exception):  # noqa: N818 -- a state of the line, not a fault of ours
    """The line is unplugged, or its reader is too slow."""


class WireEnd:
    """One end of a serial line. While it is plugged in, `link` points to the other end.

    After plugging in again it is another pty, as a USB adapter may get another device name.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        self._lock = threading.RLock()
        self._ours: int | None = None
        self._theirs: int | None = None
        self.plug_in()

    def plug_in(self) -> None:
        """Plug the line in, if it is unplugged."""
        with self._lock:
            if self._ours is None:
                self._plug_in()

    def _plug_in(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        target = os.ttyname(self._theirs)
        new_link = self.link.with_name(self.link.name + ".new")
        new_link.unlink(missing_ok=True)
        new_link.symlink_to(target)
        new_link.replace(self.link)

    def unplug(self) -> None:
        """Unplug the line."""
        with self._lock:
            self.link.unlink(missing_ok=True)
            for end in (self._ours, self._theirs):
                if end is not None:
                    os.close(end)
            self._ours = self._theirs = None

    def read(self, timeout: float) -> bytes:
        """Read what the bridge sent; b"" after `timeout` seconds or while unplugged."""
        with self._lock:
            if self._ours is None or not select.select([self._ours], [], [], timeout)[0]:
                return b""
            return os.read(self._ours, _CHUNK)

    def write(self, data: bytes, timeout: float = 5.0) -> int:
        """Send all of `data`; return the monotonic time in ns before its last bytes were written.

        Raises:
            Unplugged: the line is unplugged, or not read for `timeout` seconds.
        """
        rest, until, at = memoryview(data), monotonic() + timeout, 0
        while rest:
            if (
                self._ours is None
                or not select.select([], [self._ours], [], until - monotonic())[1]
            ):
                raise Unplugged(str(self.link))
            at = monotonic_ns()
            rest = rest[os.write(self._ours, rest[:_CHUNK]) :]
            until = monotonic() + timeout
        return at

    def clear_exclusive(self) -> None:
        """Clear TIOCEXCL after a bridge was killed, so that the next one can open the pty.

        A real port clears it at the last close, a pty only when both ends are closed.
        """
        with self._lock:
            # Looked at first: to try the lock of a free port would refuse who opens it just then.
            if self._theirs is None or not _is_exclusive(self._theirs):
                return
            # A running bridge holds the advisory lock; then the flag stays.
            try:
                fcntl.flock(self._theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
            fcntl.ioctl(self._theirs, termios.TIOCNXCL)
            fcntl.flock(self._theirs, fcntl.LOCK_UN)


def _is_exclusive(port: int) -> bool:
    held = bytearray(4)
    fcntl.ioctl(port, _TIOCGEXCL, held)
    return any(held)
