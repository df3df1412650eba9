"""Copy a SQLite database, and put a copy in the place of another."""

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

DAMAGED: Final = (sqlite3.DatabaseError, UnicodeDecodeError)
"""Raised of a damaged file; the second where a message quotes bytes of it that are no text."""


def dump(engine: Engine, folder: Path) -> tuple[list[ArchivePart], str | None]:
    """Write a copy of the database as of one instant; return it as a part, and its revision."""
    # VACUUM INTO reads in one transaction and leaves out the bytes of deleted rows, which a copy of
    # the file would still hold.
    copy = folder / PART
    with closing(engine.raw_connection()) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)
    with opened(copy) as database:
        return [part_of(copy, PART)], revision_of(database)


def revision_of(database: sqlite3.Connection) -> str | None:
    """Return the revision of the schema; None where there is none."""
    if not database.execute(
        "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    ).fetchone():
        return None
    row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in which every statement is its own transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        yield database


def holds_data(path: Path) -> bool:
    """Whether any table but that of the revision has a row; also a damaged file, which may."""
    if not path.exists():
        return False
    try:
        return _has_rows(path)
    except DAMAGED as error:
        if not _is_damage(error):
            raise
        return True


def _is_damage(error: Exception) -> bool:
    """Whether an error is about what a file holds, not about the disk or those who use it."""
    # The disk's faults and locks have names of their own. A table that is not there has none, and
    # neither has an unknown format; one of a newer SQLite is for reading only.
    return not isinstance(error, sqlite3.OperationalError) or (
        error.sqlite_errorname in ("SQLITE_ERROR", "SQLITE_READONLY")
    )


def _has_rows(path: Path) -> bool:
    with opened(path) as database:
        # In a damaged file a name may be anything: a number, or bytes that are no text.
        database.text_factory = lambda name: name.decode(errors="replace").replace('"', '""')
        tables = database.execute(
            "SELECT CAST(name AS TEXT) FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        names = [
            name
            for (name,) in tables
            if name != "alembic_version" and not str(name).startswith("sqlite_")
        ]
        return any(database.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in names)  # noqa: S608 -- its own names


def check(path: Path) -> None:
    """Check the integrity of a database.

    Raises:
        OperationError: it is damaged.
    """
    with opened(path) as database:
        # (1): the first error is enough to refuse it.
        result = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if result != "ok":
        raise OperationError(
            f"The database in the backup is damaged: {result}. Use another backup."
        )


def put_in_place(draft: Path, target: Path) -> None:
    """Replace the database at `target` by a finished one, atomically and durably.

    Raises:
        OperationError: the present one is in use.
    """
    _fold_log(draft)
    if target.exists():
        try:
            _fold_log(target)
        except DAMAGED as error:
            # One that this user may only read may well be in use by another.
            if not (_is_damage(error) and os.access(target, os.W_OK)):
                raise OperationError(IN_USE) from error
            # Its log says nothing, and must not stay.
            for end in ("-wal", "-shm", "-journal"):
                target.with_name(target.name + end).unlink(missing_ok=True)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(target)
    sync_folder(target.parent)


def _fold_log(path: Path) -> None:
    """Move a database's write-ahead log into its file."""
    # A log that stayed would be applied to the file that takes this one's place.
    with opened(path) as database:
        mode = database.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    if mode != "delete":
        raise OperationError(IN_USE)
