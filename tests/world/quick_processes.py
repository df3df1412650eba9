"""Processes of the product that begin with its modules imported.

`subprocess` gets them from a fork server (`fork_server.py`) of this process, which is started when
the first is needed. All else starts as ever: the bridge, other programs, Python with options, and
everything where `ZONE_TEST_STRICT` is set or the system is not Linux. `new_interpreters()` is for
tests of the start itself.
"""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from threading import Lock
from typing import Any, Final

from tests.world import fork_client
from zone.core.metrics import MULTIPROCESS_FOLDER

ROOT: Final = Path(__file__).resolve().parents[2]
COMMAND: Final = Path(sys.executable).with_name("zone")
CLIENT: Final = Path(fork_client.__file__)
SERVER: Final = "tests.world.fork_server"
LEFT_OUT: Final = {SERVER, "tests.world.planted_bridge"}
"""Modules of the tests that start from nothing; the second one is a bridge."""
READ_BY_THE_INTERPRETER: Final = ("PYTHON", "LD_", "FAKETIME", "TZ")
"""The beginnings of variables that a process reads at its start, before it imports anything."""
READ_AGAIN: Final = {"PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
UNUSUAL: Final = {
    "preexec_fn": None,
    "pass_fds": (),
    "shell": False,
    "executable": None,
    "uid": None,
    "gid": None,
    "gids": None,
    "umask": -1,
    "process_group": -1,
}
"""What the server cannot do for a process, by the argument and its usual value."""


class _Server:
    """A fork server. It ends with this process, or when `close` ends its input."""

    def __init__(self, env: Mapping[str, str], *, serves: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="zone-forks-")
        self.address = f"{self._folder.name}/socket"
        env = {name: value for name, value in env.items() if not name.startswith("ZONE_")}
        if serves:  # prometheus_client decides at its import whether it counts in files
            env[MULTIPROCESS_FOLDER] = self._folder.name
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(self.address)
            listener.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, "-m", SERVER, str(listener.fileno())],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                pass_fds=(listener.fileno(),),
            )

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()


class _Servers:
    """The servers of this process."""

    def __init__(self) -> None:
        self.is_used = False
        self.env: Mapping[str, str] = {}
        self._servers: dict[bool, _Server] = {}
        self._lock = Lock()

    def address_for(self, command: Sequence[str]) -> str:
        """Return the address of the server for a command."""
        serves = "serve" in command[1:4]
        with self._lock:
            if serves not in self._servers:
                self._servers[serves] = _Server(self.env, serves=serves)
            return self._servers[serves].address

    def close(self) -> None:
        for server in self._servers.values():
            server.close()


_SERVERS: Final = _Servers()
_execute: Final[Any] = getattr(subprocess.Popen, "_execute_child")  # noqa: B009 -- private
_poll: Final[Any] = getattr(subprocess.Popen, "_internal_poll")  # noqa: B009
_wait: Final[Any] = getattr(subprocess.Popen, "_try_wait")  # noqa: B009
_ARGUMENTS: Final = signature(_execute)


def use() -> None:
    """Let `subprocess` start processes of the product by a fork server."""
    if "ZONE_TEST_STRICT" in os.environ or not hasattr(os, "pidfd_open"):
        return
    # Not as a test has changed it when the first process is started.
    _SERVERS.is_used, _SERVERS.env = True, dict(os.environ)
    popen: Any = subprocess.Popen
    popen._execute_child, popen._internal_poll, popen._try_wait = _start, _look, _await


def close() -> None:
    """End the servers."""
    _SERVERS.close()


@contextmanager
def new_interpreters() -> Iterator[None]:
    """Start each process inside the block from nothing."""
    before, _SERVERS.is_used = _SERVERS.is_used, False
    try:
        yield
    finally:
        _SERVERS.is_used = before


def program() -> list[str]:
    """Return the command line of `zone` for a shell."""
    if not _SERVERS.is_used:
        return [str(COMMAND)]
    command = [str(COMMAND)]
    return [sys.executable, "-IS", str(CLIENT), _SERVERS.address_for(command), *command]


def _start(self: Any, *arguments: Any) -> None:
    """Start a child, in place of `Popen._execute_child`."""
    given = _ARGUMENTS.bind(self, *arguments).arguments
    env = os.environ if given["env"] is None else given["env"]
    if not _is_forked(given, env):
        _execute(self, *arguments)
        return
    command = list(map(os.fspath, given["args"]))
    files = [given["p2cread"], given["c2pwrite"], given["errwrite"]]
    self._forked, self.pid = fork_client.ask(
        _SERVERS.address_for(command),
        command,
        env={os.fsdecode(name): os.fsdecode(value) for name, value in env.items()},
        folder=given["cwd"] and os.fspath(given["cwd"]),
        new_session=given["start_new_session"],
        files=[file if file != -1 else number for number, file in enumerate(files)],
    )
    self._child_created = True
    ends = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
    self._close_pipe_fds(*(given[end] for end in ends))


def _is_forked(given: Mapping[str, Any], env: Mapping[str, str]) -> bool:
    return (
        _SERVERS.is_used
        and all(given[name] == usual for name, usual in UNUSUAL.items())
        and not isinstance(given["args"], str | bytes | os.PathLike)
        and _is_of_the_product(list(map(os.fspath, given["args"])))
        and _read_at_start(env) == _read_at_start(_SERVERS.env)
    )


def _is_of_the_product(command: Sequence[str]) -> bool:
    """Whether a command is `zone`, a module that serves or runs it, or a file of the tests."""
    match command:
        case [first, *_] if first == str(COMMAND):
            return True
        case [sys.executable, "-m", "zone" | "gunicorn", *_]:
            return True
        case [sys.executable, "-m", module, *_]:
            return module.startswith("tests.world.") and module not in LEFT_OUT
        case [sys.executable, file, *_]:
            return file.endswith(".py") and Path(file).resolve().is_relative_to(ROOT / "tests")
    return False


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in env.items()
        if name.startswith(READ_BY_THE_INTERPRETER) and name not in READ_AGAIN
    }


def _look(self: Any, *arguments: Any, **named: Any) -> Any:
    """Look whether a child has ended, in place of `Popen._internal_poll`."""
    if not hasattr(self, "_forked"):
        return _poll(self, *arguments, **named)
    if self.returncode is None and self._waitpid_lock.acquire(blocking=False):
        try:
            pid, status = self._try_wait(os.WNOHANG)
            if pid == self.pid:
                self._handle_exitstatus(status)
        finally:
            self._waitpid_lock.release()
    return self.returncode


def _await(self: Any, flags: int) -> tuple[int, int]:
    """Return a child's id and status, or zeros, in place of `Popen._try_wait`."""
    if not hasattr(self, "_forked"):
        pid, status = _wait(self, flags)
        return pid, status
    if self.returncode is not None:
        return self.pid, 0
    self._forked.setblocking(not flags)
    try:
        status = fork_client.status_of(self._forked)
    except BlockingIOError:
        return 0, 0
    self._forked.close()
    return self.pid, status
