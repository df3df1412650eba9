"""A process that has imported the product, and forks a copy of itself for each command.

Importing the product takes 1.6 s of CPU, and hundreds of tests start processes. A copy begins with
the modules imported, and is otherwise a process of its own: with its own environment, folder,
standard files and session, its own exit code, and what it imports more.

`quick_processes.py` starts such servers and says for which commands.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NoReturn

from tests.world import warm
from tests.world.fork_client import PID, STATUS

# What Python itself calls at its end.
wait_for_threads: Final[Any] = getattr(threading, "_shutdown")  # noqa: B009 -- private
call_what_was_registered: Final[Any] = getattr(atexit, "_run_exitfuncs")  # noqa: B009
MOST_BYTES: Final = 1 << 18
IMPORTED: Final = (
    "zone.app",
    "zone.scheduler",
    "zone.cli.operating",
    "zone.cli.recomputing",
    "zone.cli.restoring",
    "zone.cli.scheduling",
    "zone.cli.serving",
    "zone.cli.trying",
    "zone.web.web_worker",
    "gunicorn.app.wsgiapp",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
IMPORTED_WHERE_INSTALLED: Final = ("weasyprint",)


@dataclass(frozen=True, slots=True)
class Job:
    """What a copy is to run, with which standard files."""

    command: Sequence[str]
    env: Mapping[str, str]
    folder: str
    new_session: bool
    files: Sequence[int]


class Replaced(BaseException):
    """The process replaces itself by another Python program, which it can run itself."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        super().__init__(command)
        self.command, self.env = command, env


def serve(listener: socket.socket) -> Job:
    """Fork for each request; return, in the copy alone, what it runs.

    Ends with the tests: then its own standard input ends.
    """
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(0)
    running: dict[int, tuple[int, socket.socket]] = {}
    while True:
        for file, _ in poll.poll():
            if file == 0:
                os._exit(0)
            elif file != listener.fileno():
                poll.unregister(file)
                _tell_end(file, *running.pop(file))
            elif (job := _accept(listener, poll, running)) is not None:
                return job


def _accept(
    listener: socket.socket, poll: "select.poll", running: dict[int, tuple[int, socket.socket]]
) -> Job | None:
    connection, _ = listener.accept()
    message, files, *_ = socket.recv_fds(connection, MOST_BYTES, 3)
    pid = os.fork()
    if pid == 0:
        for other in (listener, connection, *(one for _, one in running.values())):
            os.close(other.detach())
        for file in running:
            os.close(file)
        return Job(files=files, **json.loads(message))
    for file in files:
        os.close(file)
    ended = os.pidfd_open(pid)
    running[ended] = pid, connection
    poll.register(ended, select.POLLIN)
    connection.send(PID.pack(pid))
    return None


def _tell_end(file: int, pid: int, connection: socket.socket) -> None:
    os.close(file)
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError), connection:  # perhaps nobody waits for it any more
        connection.send(STATUS.pack(status))


def begin(job: Job) -> None:
    """Make this copy the process that was asked for."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if job.new_session:
        os.setsid()
    os.chdir(job.folder)
    for number, file in enumerate(job.files):
        os.dup2(file, number)
        os.close(file)
    _take_environment(job.env)
    tempfile.tempdir = None
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through="PYTHONUNBUFFERED" in job.env)  # type: ignore[union-attr]  # text files
    os.execve = _replace  # type: ignore[assignment]  # narrower: commands of texts


def _take_environment(env: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)
    for place in filter(None, env.get("PYTHONPATH", "").split(os.pathsep)):
        if place not in sys.path:
            sys.path.insert(1, place)


_execve: Final = os.execve


def _replace(path: Any, command: Any, env: Any) -> NoReturn:
    # `zone serve` becomes gunicorn.
    if path == sys.executable and command[1] == "-m":
        raise Replaced(command, env)
    _execve(path, command, env)


def run(command: Sequence[str]) -> None:
    """Run `python -m MODULE …`, `python FILE …` or `FILE …`, as Python does."""
    arguments = command[1:] if command[0] == sys.executable else command
    if arguments[0] == "-m":
        sys.argv = [*arguments[1:]]
        sys.path[0] = str(Path.cwd())
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [*arguments]
        sys.path[0] = str(Path(arguments[0]).resolve().parent)
        runpy.run_path(arguments[0], run_name="__main__")


def _code_of(command: Sequence[str]) -> int:
    """Run a command, and what it replaces itself by; return its exit code."""
    try:
        run(command)
    except Replaced as other:
        _take_environment(other.env)
        return _code_of(other.command)
    except SystemExit as ended:
        if not isinstance(ended.code, str):
            return ended.code or 0
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException as error:  # noqa: BLE001 -- as Python does with what nobody catches
        sys.excepthook(type(error), error, error.__traceback__)
        return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    return 0


def end(code: int) -> NoReturn:
    """End as Python does, but free nothing: to free what was imported takes 0.14 s of CPU."""
    with suppress(OSError, ValueError):  # perhaps nobody reads its output any more
        wait_for_threads()
        call_what_was_registered()
        sys.stdout.flush()
        sys.stderr.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def main() -> None:
    """Serve; a copy runs its command, and what it replaces itself by."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, and for the copies
    for module in IMPORTED:
        import_module(module)
    for module in IMPORTED_WHERE_INSTALLED:
        with suppress(ImportError, OSError):
            import_module(module)
    warm.compile_addresses_when_used()
    gc.freeze()  # what is imported stays: no copy has to walk all of it, at its end at the latest
    listener = socket.socket(fileno=int(sys.argv[1]))
    job = serve(listener)
    begin(job)
    end(_code_of(job.command))


if __name__ == "__main__":
    main()
