"""The rows that many tests begin with, stored by the product once and copied from then on.

A site with its doors costs the product 35 ms on SQLite and 70 ms on PostgreSQL, its copy 3 ms. The
first test of a process that calls `stored(build)` stores the rows by `build`; they, and the files
that it left beside the database, are put into the empty database of each later test.

A copy may be minutes old: nothing of which a test needs the age belongs into such a builder.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.db.transactions import writing

T = TypeVar("T")
DATABASE_FILES: Final = "zone.sqlite*"


class Database(Protocol):
    """The database of a test, and the folder for what lies beside it."""

    folder: Path

    def save(self) -> bytes:
        """Return all its rows."""

    def load(self, rows: bytes) -> None:
        """Add rows that `save` returned; the database is empty."""

    def put_back(self, rows: bytes) -> None:
        """Replace all its rows by those that `save` returned."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a builder returned, its rows and its files."""

    value: Any
    rows: bytes
    files: Path


class Copies:
    """What builders have stored in the databases of one engine; their files go to `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[object, Stored] = {}

    def build_or_copy(self, builder: object, build: Callable[[], T], database: Database) -> T:
        """Return what `build` returns, with its rows and files; it may be called, or not."""
        found = self._kept.get(builder)
        if found is not None:
            database.load(found.rows)
            shutil.copytree(found.files, database.folder, dirs_exist_ok=True)
            value: T = found.value
            return value
        before = [path.name for path in database.folder.iterdir()]
        value = build()
        files = self._folder / str(len(self._kept))
        beside = shutil.ignore_patterns(DATABASE_FILES, *before)
        shutil.copytree(database.folder, files, ignore=beside)
        self._kept[builder] = Stored(value, database.save(), files)
        return value


class _Test:
    """The test that runs."""

    copies: Copies | None = None
    database: Database | None = None
    has_written = False


@contextmanager
def copying(copies: Copies, database: Database) -> Iterator[None]:
    """Let `stored` use copies inside the block, in which a test has this empty database."""
    _Test.copies, _Test.database, _Test.has_written = copies, database, False
    try:
        yield
    finally:
        _Test.copies = _Test.database = None


@event.listens_for(Engine, "commit")
def _note_commit(_connection: object) -> None:
    _Test.has_written = True


def stored(build: Callable[[Session], T]) -> T:
    """Return what `build` returns, with the rows that it stores in one transaction."""

    def build_in_a_transaction() -> T:
        with writing() as session:
            return build(session)

    return _stored(build, build_in_a_transaction)


def stored_by(build: Callable[[Settings], T], settings: Settings) -> T:
    """Return what `build` returns, which opens transactions itself and may make keys."""
    return _stored(build, lambda: build(settings))


def saved_rows() -> bytes:
    """Return all rows of the database of this test, for `put_back`."""
    return _database().save()


def put_back(rows: bytes) -> None:
    """Replace all rows of the database of this test, as a restore does."""
    _database().put_back(rows)


def _database() -> Database:
    assert _Test.database is not None, "a test with a database of its own"
    return _Test.database


def _stored(builder: object, build: Callable[[], T]) -> T:
    # A copy is of the whole database: what the test has stored before would be lost.
    if _Test.copies is None or _Test.database is None or _Test.has_written:
        return build()
    value = _Test.copies.build_or_copy(builder, build, _Test.database)
    _Test.has_written = True
    return value
