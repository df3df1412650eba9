"""The product and the bare routes, served alike, and the processor time that each has used."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zone.core.config import Settings
from zone.demo.machine.processes import Process, answers, environment, free_port, python

WORKERS: Final = ("--workers", "2", "--threads", "3")
# Of /proc/PID/stat, from the state on: the session, and the ticks in user and in kernel mode.
_SESSION, _USER, _KERNEL = 3, 11, 12


@dataclass(frozen=True, slots=True)
class Served:
    """A service on a port of this machine."""

    port: int
    process: Process

    def cpu_seconds(self) -> float:
        """The processor time of its workers so far. A database server's is not among it."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it has ended meanwhile
                values = stat.read_text().rpartition(")")[2].split()
                if int(values[_SESSION]) == self.process.child.pid:
                    ticks += int(values[_USER]) + int(values[_KERNEL])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(settings: Settings, **more: str) -> Iterator[tuple[Served, Served]]:
    """Serve the product and the bare routes with the same number of workers; yield both.

    `more` are further settings of the environment.
    """
    port, bare_port = free_port(), free_port()
    data = settings.data_dir
    env = environment(
        {"ZONE_DATA_DIR": str(data), "ZONE_DATABASE_URL": settings.database_url} | more
    )
    bare_command = python(
        "-m",
        "gunicorn",
        "zone.bench.bare:create()",
        "--worker-class",
        "gthread",
        "--no-control-socket",
        *WORKERS,
        "--bind",
        f"127.0.0.1:{bare_port}",
        "--keep-alive",
        "75",
        "--reuse-port",
    )
    with ExitStack() as stack:
        product = Process(
            "zone",
            python("-m", "zone", "serve", "--port", str(port), *WORKERS),
            log=data / "w.log",
            env=env,
        )
        stack.callback(product.stop)
        bare = Process(
            "bare",
            bare_command,
            log=data / "b.log",
            env=dict(os.environ) | {"BARE_DATABASE": settings.database},
        )
        stack.callback(bare.stop)
        product.await_ready(lambda: answers(f"http://127.0.0.1:{port}/readyz"), 30)
        bare.await_ready(lambda: "Booting worker" in bare.tail(), 30)
        yield Served(port, product), Served(bare_port, bare)
