"""A SQLite database out of its file, and back into its place."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from zone.core.errors import OperationError
from zone.core.secrets import sync_folder
from zone.operation.backups.archive import ArchivePart, part_of

PART: Final = "zone.sqlite"
IN_USE: Final = (
    "The database is in use: stop web and scheduler, then restore again. Nothing was changed."
)


def dump(engine: Engine, folder: Path) -> tuple[list[ArchivePart], str | None]:
    """A copy of the whole database as of one instant, while others write; with its revision.

    VACUUM INTO reads in one transaction and leaves out deleted rows, which a copy of the file would still hold.
    """
    copy = folder / PART
    with closing(engine.raw_connection()) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)
    with opened(copy) as database:
        return [part_of(copy, PART)], revision_of(database)


def revision_of(database: sqlite3.Connection) -> str | None:
    """At which revision the schema stands; None: there is none."""
    if not database.execute(
        "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    ).fetchone():
        return None
    row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of its own, in which every statement is its own transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        yield database


def holds_data(path: Path) -> bool:
    """Whether any table has a row, apart from the revision's own."""
    if not path.exists():
        return False
    with opened(path) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        mine = [
            name
            for (name,) in tables
            if name != "alembic_version" and not name.startswith("sqlite_")
        ]
        return any(database.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in mine)  # noqa: S608 -- its own names


def check(path: Path) -> None:
    """Raises OperationError when the file is not a sound database."""
    with opened(path) as database:
        said = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise OperationError(f"The database in the backup is damaged: {said}. Use another backup.")


def put_in_place(draft: Path, target: Path) -> None:
    """Let a finished database take the place of the one at `target`, at once and for good.

    Raises:
        OperationError: somebody uses the one that is there.
    """
    for path in (draft, target):
        if path.exists():
            _close_off(path)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(target)
    sync_folder(target.parent)


def _close_off(path: Path) -> None:
    """Bring a database's log into its file and take the log away: the next database must not find it there."""
    with opened(path) as database:
        try:
            mode = database.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        except sqlite3.OperationalError as error:
            raise OperationError(IN_USE) from error
    if mode != "delete":
        raise OperationError(IN_USE)
