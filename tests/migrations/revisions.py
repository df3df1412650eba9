"""Databases as the migrations made them: each revision once in a process, copied from then on.

Revision 0031 from nothing costs 1 s on either engine, its copy 10 ms on SQLite and 100 ms on
PostgreSQL. Nearly every test of a migration begins in the middle.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from flask_migrate import upgrade
from psycopg import sql

from zone.app import MIGRATIONS
from zone.core.db.engine import db
from zone.demo.machine import postgres
from zone.operation.migrations import service as migrations


class Copies(Protocol):
    """Copies of one engine's database, one for each revision."""

    kept: set[str]

    def empty(self, folder: Path) -> AbstractContextManager[str]:
        """Yield the URL of an empty database, in `folder` where it is a file."""

    def keep(self, revision: str) -> None:
        """Copy the database of the running test, which has no rows yet."""

    def put(self, revision: str) -> None:
        """Replace the database of the running test by a copy."""


class SqliteCopies:
    """Copies of a file in a folder."""

    def __init__(self, folder: Path) -> None:
        self.kept: set[str] = set()
        self._folder, self._file = folder, folder

    @contextmanager
    def empty(self, folder: Path) -> Iterator[str]:
        """Yield the URL of a file that does not exist yet."""
        self._file = folder / "zone.sqlite"
        yield f"sqlite:///{self._file}"

    def keep(self, revision: str) -> None:
        """Copy the file."""
        shutil.copyfile(self._file, self._folder / revision)
        self.kept.add(revision)

    def put(self, revision: str) -> None:
        """Replace the file."""
        shutil.copyfile(self._folder / revision, self._file)


class PostgresCopies:
    """Databases beside that of the running test, whose name is always the same."""

    NAME: Final = "zone_empty"

    def __init__(self, server_url: str) -> None:
        self.kept: set[str] = set()
        self._url = postgres.alchemy_url(server_url, self.NAME)
        self._server_url = server_url

    @contextmanager
    def empty(self, _folder: Path) -> Iterator[str]:
        """Yield the URL of an empty database, and remove it afterwards."""
        self._run("CREATE DATABASE {}", self.NAME)
        try:
            yield self._url
        finally:
            self._run("DROP DATABASE {}", self.NAME)

    def keep(self, revision: str) -> None:
        """Copy the database."""
        self._run("CREATE DATABASE {} TEMPLATE {}", _name(revision), self.NAME)
        self.kept.add(revision)

    def put(self, revision: str) -> None:
        """Replace the database."""
        self._run("DROP DATABASE {}", self.NAME)
        self._run("CREATE DATABASE {} TEMPLATE {}", self.NAME, _name(revision))

    def close(self) -> None:
        """Remove all copies: the server may not be ours."""
        for revision in self.kept:
            self._run("DROP DATABASE {}", _name(revision))

    def _run(self, statement: str, *names: str) -> None:
        postgres.run(self._server_url, sql.SQL(statement).format(*map(sql.Identifier, names)))


def _name(revision: str) -> str:
    return f"zone_at_{revision}"


class _Test:
    """The test that runs."""

    copies: Copies | None = None


@contextmanager
def copying(copies: Copies) -> Iterator[None]:
    """Let `begin_at` use these copies inside the block, in which a test has an empty database."""
    _Test.copies = copies
    try:
        yield
    finally:
        _Test.copies = None


def newest() -> str:
    """Return the revision of this version."""
    return migrations.newest(str(MIGRATIONS))


def begin_at(revision: str) -> None:
    """Bring the empty database of this test to a revision, from the nearest one that is kept."""
    copies = _Test.copies
    assert copies is not None, "this needs the fixture `empty`"
    nearest = max((kept for kept in copies.kept if kept <= revision), default=None)
    if nearest is not None:
        _unused(lambda: copies.put(nearest))
    if nearest != revision:
        upgrade(directory=str(MIGRATIONS), revision=revision)
        _unused(lambda: copies.keep(revision))


def _unused(work: Callable[[], None]) -> None:
    """Do what needs a database without connections: the last one also ends SQLite's WAL."""
    for engine in db.engines.values():
        engine.dispose()
    work()
