"""Ask a fork server (`fork_server.py`) for a process.

`python -IS fork_client.py ADDRESS COMMAND…` runs a command in one and ends as it ends. It imports
the standard library only, so it starts in 20 ms.
"""

import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Final

STATUS: Final = struct.Struct("i")
"""How a process ended, as `os.waitpid` says it."""
PID: Final = struct.Struct("i")


def ask(
    address: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    folder: str | None,
    new_session: bool,
    files: Sequence[int],
) -> tuple[socket.socket, int]:
    """Start a command with these three standard files; return what will tell its end, and its id.

    Raises:
        OSError: there is no server at the address.
    """
    job = {
        "command": list(command),
        "env": dict(env),
        "folder": folder or os.getcwd(),  # noqa: PTH109 -- `pathlib` would cost 10 ms
        "new_session": new_session,
    }
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(address)
    socket.send_fds(connection, [json.dumps(job).encode()], files)
    (pid,) = PID.unpack(connection.recv(PID.size))
    return connection, pid


def status_of(connection: socket.socket) -> int:
    """Return how the process has ended, once it has; as killed where its server was."""
    told = connection.recv(STATUS.size)
    if not told:
        return int(signal.SIGKILL)
    (status,) = STATUS.unpack(told)
    return int(status)


def main(address: str, *command: str) -> int:
    """Run a command with our standard files; return its exit code."""
    connection, _pid = ask(
        address, command, env=os.environ, folder=None, new_session=False, files=(0, 1, 2)
    )
    code = os.waitstatus_to_exitcode(status_of(connection))
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
