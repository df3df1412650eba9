"""Serial ports that may be unplugged and return: after any fault the port is opened again.

pyserial opens and configures the port; reading and writing go to its file descriptor. pyserial's
`readline` is not used because it returns partial lines at its timeout.
"""

import errno
import fcntl
import os
import select
import termios
import time
from collections.abc import Callable
from typing import Final

import serial

from firmware_bridge.clock import monotonic
from firmware_bridge.devices.reader_profiles import Parity

READ_BYTES: Final = 4096
# Seconds between attempts to open a missing port, doubled up to the longest.
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0
WRITE_SECONDS: Final = 1.0


class LinkLost(Exception):  # noqa: N818 -- a state of the line, not a fault of ours
    """The port is not available."""


class SerialLink:
    """One serial port, opened again after a fault. For one thread at a time.

    `on_change(up, why)` is called once when the port is lost and once when it is back.
    """

    def __init__(
        self,
        port: str,
        baud: int,
        on_change: Callable[[bool, str], None],
        parity: Parity = "none",
    ) -> None:
        self._name, self._baud, self._on_change = port, baud, on_change
        self._parity = parity
        self._port: serial.Serial | None = None
        self._up = True
        self._pause = FIRST_PAUSE
        self._next_try = 0.0

    def read(self, timeout: float) -> bytes:
        """Read what is available; b"" after `timeout` seconds of silence or without a port.

        After b"" from an open port no received byte is left in any buffer, so the caller may take a
        line as ended.
        """
        try:
            port = self._opened()
            if not select.select([port.fileno()], [], [], timeout)[0]:
                return b""
            return _read(port.fileno())
        except (OSError, termios.error) as error:
            self._lose(_why(self._name, error))
        except LinkLost:
            # Without a port there is nothing to wait on; do not let the caller's loop spin.
            time.sleep(min(timeout, FIRST_PAUSE))
        return b""

    def write(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            LinkLost: there is no port, or it failed while writing.
        """
        try:
            _write(self._opened().fileno(), data)
        except (OSError, termios.error) as error:
            why = _why(self._name, error)
            self._lose(why)
            raise LinkLost(why) from error

    def offer(self, data: bytes) -> None:
        """Send what the port takes at once, and forget the rest: nobody waits for it."""
        try:
            _written(self._opened().fileno(), data)
        except (OSError, termios.error) as error:
            self._lose(_why(self._name, error))
        except LinkLost:
            return

    def retry_now(self) -> None:
        """Let the next call try to open a missing port without the pause."""
        self._next_try = 0.0

    def close(self) -> None:
        if self._port is not None:
            _close_port(self._port)
            self._port = None

    def _opened(self) -> serial.Serial:
        if self._port is None:
            if monotonic() < self._next_try:
                raise LinkLost(f"{self._name} is not there")
            self._port = _open(self._name, self._baud, self._parity)
            self._pause = FIRST_PAUSE
            self._change(True, "")
        return self._port

    def _lose(self, why: str) -> None:
        self.close()
        self._next_try = monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._change(False, why)

    def _change(self, up: bool, why: str) -> None:
        if up != self._up:
            self._up = up
            self._on_change(up, why)


_FAULTS: Final = {
    errno.ENOENT: "{port} is not there",
    errno.ENXIO: "{port} is not there",
    errno.ENODEV: "{port} is not there",
    errno.EACCES: "this user may not open {port}",
    errno.EPERM: "this user may not open {port}",
    # The lock of pyserial, and TIOCEXCL.
    errno.EAGAIN: "another program has {port}",
    errno.EBUSY: "another program has {port}",
    errno.ENOTTY: "{port} is no serial port",
    errno.EISDIR: "{port} is no serial port",
}


def _why(port: str, error: Exception) -> str:
    """What is wrong with a port, as far as it is known, in the words of a person."""
    # pyserial hands a number on as `errno`, or in the text of an error of its own.
    number = getattr(error, "errno", None) or _number_of(error)
    return str(error) if number not in _FAULTS else _FAULTS[number].format(port=port)


def _number_of(error: BaseException | None) -> int | None:
    while error is not None:
        if error.args and isinstance(error.args[0], int):
            return error.args[0]
        error = error.__context__
    return None


def _read(file: int) -> bytes:
    """Read from a port that `select` has reported readable.

    Raises:
        OSError: the other end has hung up.
    """
    # os.read, because pyserial's own `read` calls select once more (15 µs).
    try:
        data = os.read(file, READ_BYTES)
    except BlockingIOError:
        return b""
    # A pty whose other end is closed reads as empty instead of failing.
    if not data:
        raise OSError("hung up")
    return data


def _write(file: int, data: bytes) -> None:
    """Write all of `data`.

    Raises:
        OSError: the port accepts nothing for `WRITE_SECONDS`, or has failed.
    """
    # Write first and wait only when the port is full; pyserial's own `write` sets up a timer first.
    while data := data[_written(file, data) :]:
        if not select.select([], [file], [], WRITE_SECONDS)[1]:
            raise TimeoutError("the port takes nothing")


def _written(file: int, data: bytes) -> int:
    try:
        return os.write(file, data)
    except BlockingIOError:
        return 0


def _open(name: str, baud: int, parity: Parity) -> serial.Serial:
    # pyserial names a parity by its first letter.
    port = serial.Serial(name, baud, parity=parity[0].upper(), timeout=0, exclusive=True)
    try:
        # `exclusive=True` is only an advisory lock (flock). TIOCEXCL also stops programs that do
        # not ask for it, which would read half of the codes.
        fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
    except OSError:
        port.close()
        raise
    return port


def _close_port(port: serial.Serial) -> None:
    """Close the port in whatever state the device is."""
    # TIOCNXCL, because a pty stays exclusive for as long as its other end is open.
    for step in (lambda: fcntl.ioctl(port.fileno(), termios.TIOCNXCL), port.close):
        try:
            step()
        except (OSError, termios.error):
            continue
