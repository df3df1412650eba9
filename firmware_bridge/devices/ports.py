"""Serial ports that come and go. Every fault leads to a reopening, never to a crash.

`exclusive=True` is only an advisory lock, so TIOCEXCL keeps other programs from reading half of
the codes. Never `readline`: it returns partial codes at its timeout. A pty has no DTR and may
hang up as an empty read.
"""

import fcntl
import os
import select
import termios
import time
from collections.abc import Callable
from typing import Final

import serial

from firmware_bridge.clock import monotonic

READ_BYTES: Final = 4096
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0
WRITE_SECONDS: Final = 1.0


class LinkLost(Exception):  # noqa: N818 -- a state of the line, not a fault of ours
    """The port is not there now."""


class SerialLink:
    """One port that comes and goes. `on_change` hears once that it is lost and once that it is back.

    Used by one thread at a time.
    """

    def __init__(self, port: str, baud: int, on_change: Callable[[bool, str], None]) -> None:
        self._name, self._baud, self._on_change = port, baud, on_change
        self._port: serial.Serial | None = None
        self._up = True
        self._pause = FIRST_PAUSE
        self._next_try = 0.0

    def read(self, timeout: float) -> bytes:
        """What has come, at once; b"" after `timeout` seconds of silence or without a port.

        b"" from an open port means that nothing is waiting anywhere, so a line may be taken as ended.
        """
        try:
            port = self._opened()
            if not select.select([port.fileno()], [], [], timeout)[0]:
                return b""
            return _read(port.fileno())
        except (OSError, termios.error) as error:
            self._lose(str(error))
        except LinkLost:
            time.sleep(min(timeout, FIRST_PAUSE))
        return b""

    def write(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            LinkLost: there is no port, or it failed on the way.
        """
        try:
            _write(self._opened().fileno(), data)
        except (OSError, termios.error) as error:
            self._lose(str(error))
            raise LinkLost(str(error)) from error

    def retry_now(self) -> None:
        """Forget the pause: somebody is waiting at the door."""
        self._next_try = 0.0

    def close(self) -> None:
        if self._port is not None:
            _let_go(self._port)
            self._port = None

    def _opened(self) -> serial.Serial:
        if self._port is None:
            if monotonic() < self._next_try:
                raise LinkLost(f"{self._name} is not there")
            self._port = _open(self._name, self._baud)
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


def _read(file: int) -> bytes:
    """What waits on a port that select has called readable. pyserial's own `read` would select once more (15 µs).

    Raises:
        OSError: it was the far end's hanging up that could be read.
    """
    try:
        data = os.read(file, READ_BYTES)
    except BlockingIOError:
        return b""
    if not data:
        raise OSError("hung up")
    return data


def _write(file: int, data: bytes) -> None:
    """Send all of `data` at once where the port takes it; pyserial's own `write` sets up a timer first.

    Raises:
        OSError: the port takes nothing for `WRITE_SECONDS`, or has failed.
    """
    while data := data[_written(file, data) :]:
        if not select.select([], [file], [], WRITE_SECONDS)[1]:
            raise TimeoutError("the port takes nothing")


def _written(file: int, data: bytes) -> int:
    try:
        return os.write(file, data)
    except BlockingIOError:
        return 0


def _open(name: str, baud: int) -> serial.Serial:
    port = serial.Serial(name, baud, timeout=0, exclusive=True)
    try:
        fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
    except OSError:
        port.close()
        raise
    return port


def _let_go(port: serial.Serial) -> None:
    """Close, whatever state the device is in. A pty would stay exclusive for as long as its other end lives."""
    for step in (lambda: fcntl.ioctl(port.fileno(), termios.TIOCNXCL), port.close):
        try:
            step()
        except (OSError, termios.error):
            continue
