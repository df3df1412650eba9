"""The far end of a serial line: a pty under a path of its own, which can be pulled out and put back."""

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


class Unplugged(Exception):  # noqa: N818 -- a state of the line, not a fault of ours
    """The line is pulled out, or nobody read it in time."""


class WireEnd:
    """`link` points at the pty while it is plugged in; after a return it points at a new one, as with real USB."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._lock = threading.RLock()
        self._ours: int | None = None
        self._theirs: int | None = None
        self.plug_in()

    def plug_in(self) -> None:
        """Put the line in, if it is out."""
        with self._lock:
            if self._ours is None:
                self._plug_in()

    def _plug_in(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        target = os.ttyname(self._theirs)
        beside = self.link.with_name(self.link.name + ".new")
        beside.unlink(missing_ok=True)
        beside.symlink_to(target)
        beside.replace(self.link)

    def hang_up(self) -> None:
        """Pull the line out."""
        with self._lock:
            self.link.unlink(missing_ok=True)
            for end in (self._ours, self._theirs):
                if end is not None:
                    os.close(end)
            self._ours = self._theirs = None

    def read(self, timeout: float) -> bytes:
        """What the bridge sent; b"" after `timeout` seconds or while the line is out."""
        with self._lock:
            if self._ours is None or not select.select([self._ours], [], [], timeout)[0]:
                return b""
            return os.read(self._ours, _CHUNK)

    def write(self, data: bytes, timeout: float = 5.0) -> int:
        """Send all of `data` as fast as the bridge reads it; returns the monotonic time in ns just before its last
        bytes went.

        Raises:
            Unplugged: the line is out, or nobody has read for `timeout` seconds.
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

    def forget_exclusive(self) -> None:
        """Let the next bridge in after one was killed.

        A pty stays exclusive until both ends are closed, unlike a real port, which forgets at its last close. A bridge
        that lives holds the advisory lock, and is left alone.
        """
        with self._lock:
            if self._theirs is None:
                return
            try:
                fcntl.flock(self._theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
            fcntl.ioctl(self._theirs, termios.TIOCNXCL)
            fcntl.flock(self._theirs, fcntl.LOCK_UN)
