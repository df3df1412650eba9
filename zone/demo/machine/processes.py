"""Start, watch and stop child processes, by their process ids."""

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
    """A child process with its output in a file."""

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
                start_new_session=True,  # Ctrl-C reaches only us; we stop the children in order
            )

    def start_again(self) -> None:
        """Start the same command again, after it was stopped or killed."""
        self.child = self._spawn()

    def kill(self) -> None:
        """Send SIGKILL to the child and its own children: the process group that we made."""
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def send(self, line: str) -> None:
        """Send one line to the child's standard input."""
        if self.child.stdin is None:
            raise StartError(f"{self.name} takes no input")
        self.child.stdin.write(line.encode() + b"\n")
        self.child.stdin.flush()

    def await_ready(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready()`.

        Raises:
            StartError: the child ended first, or was not ready in time.
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

    def output(self) -> str:
        """Return what the child has written since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._begins)
            return log.read().decode(errors="replace")

    def tail(self, size: int = 2000) -> str:
        """Return the last `size` characters that the child has written."""
        return self.output()[-size:]

    def stop(self) -> None:
        """Stop the child with SIGTERM, and with SIGKILL where it does not end."""
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
    """Return a command line for this Python, so that a demo never runs another installation."""
    return [sys.executable, *arguments]


def script(name: str) -> str:
    """Return the path of a command installed beside this Python."""
    return str(Path(sys.executable).parent / name)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a child: ours without its ZONE_ settings, plus `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZONE_")}
    return kept | dict(settings) | {"PYTHONUNBUFFERED": "1"}


def refuse_taken(port: int) -> None:
    """Check that nobody listens on a port of this machine.

    Raises:
        StartError: somebody does.
    """
    with socket.socket() as tried:
        # As a server does: a connection that has just ended is in nobody's way.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise StartError(
                f"web: port {port} is taken. Choose another one with --port; 0 picks a free one."
            ) from error


def free_port() -> int:
    """Return a loopback port that is free at this moment."""
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
