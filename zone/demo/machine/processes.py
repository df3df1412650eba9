"""Starting, watching and stopping the processes of a demo, by their own ids and nothing else's."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

STOP_SECONDS: Final = 10


class StartError(RuntimeError):
    """A process ended, or was not ready in time; the message holds the end of its log."""


class Process:
    """One child with its output in a file, where it can be followed."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        stdin: bool = False,
    ) -> None:
        self.name, self.log = name, log
        self._command, self._env = list(command), dict(env)
        self._stdin = subprocess.PIPE if stdin else subprocess.DEVNULL
        self._begins = 0
        self.child = self._spawn()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as out:
            self._begins = out.tell()
            return subprocess.Popen(
                self._command,
                env=self._env,
                stdin=self._stdin,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours to pass on, in order
            )

    def start_again(self) -> None:
        """The same command once more, after it was stopped or killed."""
        self.child = self._spawn()

    def kill(self) -> None:
        """kill -9 of the child and of what it started: a group of our own making."""
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def send(self, line: str) -> None:
        """One line to the child's standard input."""
        if self.child.stdin is None:
            raise StartError(f"{self.name} takes no input")
        self.child.stdin.write(line.encode() + b"\n")
        self.child.stdin.flush()

    def await_ready(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready()`.

        Raises:
            StartError: the child ended first, or the time was up.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self.child.poll() is not None:
                raise StartError(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise StartError(
                    f"{self.name} was not ready within {seconds:.0f} s:\n{self.tail()}"
                )
            time.sleep(0.02)

    def told(self) -> str:
        """What it has written since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._begins)
            return log.read().decode(errors="replace")

    def tail(self, size: int = 2000) -> str:
        """The end of that."""
        return self.told()[-size:]

    def stop(self) -> None:
        """Ask politely, then insist."""
        if self.child.stdin is not None:
            self.child.stdin.close()
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def python(*arguments: str) -> list[str]:
    """A command of this very Python, so that a demo never runs somebody else's installation."""
    return [sys.executable, *arguments]


def script(name: str) -> str:
    """The path of a command installed beside this Python."""
    return str(Path(sys.executable).parent / name)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: ours without foreign ZONE_ settings, plus `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZONE_")}
    return kept | dict(settings) | {"PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    """A loopback port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 -- our own loopback address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
