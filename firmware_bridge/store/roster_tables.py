"""The tables of the roster, and how rows of the change feed are written into them.

The functions take the connection for writing, under its lock. A `prefix` is "" for the roster in
use, and `next_` for the snapshot that replaces it after its last page.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from firmware_bridge.store.database import transaction
from firmware_bridge.store.holders import uncompressed
from firmware_bridge.wire.messages.faults import Fault
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.messages.holder_row import read_holder
from firmware_bridge.wire.messages.holders import Holder

T = TypeVar("T")
Parse = Callable[[object], Holder | None]
"""Reads a stored holder; None where the disk has changed its text."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS {0}holder (holder INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS {0}key (
  kid BLOB PRIMARY KEY, holder INTEGER NOT NULL, point BLOB NOT NULL, revoked INTEGER NOT NULL
) WITHOUT ROWID;
"""
_META: Final = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID"
# Rows of the feed that could not be read in full, with the errors.
_SET_ASIDE: Final = "CREATE TABLE IF NOT EXISTS set_aside (version INTEGER, why TEXT, body TEXT)"
# The version of these tables; increase it when they change.
_FORMAT: Final = 1
_EVERY: Final = ("meta", "holder", "key", "next_holder", "next_key", "set_aside")


def create_tables(db: sqlite3.Connection) -> None:
    """Create the tables that do not exist; drop those of another format first."""
    _drop_other_format(db)
    for statement in (
        _META,
        _SET_ASIDE,
        *_TABLES.format("").split(";"),
        *_TABLES.format("next_").split(";"),
    ):
        db.execute(statement)


def _drop_other_format(db: sqlite3.Connection) -> None:
    """Drop the tables of another version of this program; the server sends everything again."""
    if db.execute("PRAGMA user_version").fetchone() == (_FORMAT,):
        return
    with transaction(db):
        for table in _EVERY:
            db.execute(f"DROP TABLE IF EXISTS {table}")
        db.execute(f"PRAGMA user_version={_FORMAT}")


def empty_tables(db: sqlite3.Connection) -> None:
    """Delete everything."""
    for table in _EVERY:
        db.execute(f"DELETE FROM {table}")  # noqa: S608 -- constant names


def save_rows(
    db: sqlite3.Connection, parse: Parse, prefix: str, rows: Iterable[object], version: int
) -> list[str]:
    """Store these rows of holders, and set aside what cannot be read; return an error for each."""
    errors = []
    for raw in rows:
        try:
            holder, faults = read_holder(raw)
        except MessageError as error:
            faults = (Fault("", str(error)),)
        else:
            _save_holder(db, parse, prefix, holder)
        if faults:
            why = "; ".join(fault.why for fault in faults)
            errors.append(why)
            body = json.dumps(raw)
            # Once: a holder whose row cannot be read is asked about at each of their scans.
            db.execute("DELETE FROM set_aside WHERE body = ?", (body,))
            row = (version, why, body)
            db.execute("INSERT INTO set_aside VALUES (?, ?, ?)", row)
    return errors


def _save_holder(db: sqlite3.Connection, parse: Parse, prefix: str, holder: Holder) -> None:
    select = f"SELECT body FROM {prefix}holder WHERE holder = ?"  # noqa: S608 -- two constant names
    row = db.execute(select, (holder.holder,)).fetchone()
    stored = None if row is None else parse(row[0])
    before = () if stored is None else stored.keys
    remaining = {key.kid for key in holder.keys}
    removed = [(key.kid, holder.holder) for key in before if key.kid not in remaining]
    # `AND holder`: a key that has moved to another holder is not deleted with the first one's row.
    db.executemany(f"DELETE FROM {prefix}key WHERE kid = ? AND holder = ?", removed)  # noqa: S608 -- two constant names
    db.execute(
        f"INSERT OR REPLACE INTO {prefix}holder VALUES (?, ?)",  # noqa: S608 -- two constant names
        (holder.holder, json.dumps(holder.to_json(), separators=(",", ":"))),
    )
    keys = [(key.kid, holder.holder, uncompressed(key.point), key.revoked) for key in holder.keys]
    db.executemany(f"INSERT OR REPLACE INTO {prefix}key VALUES (?, ?, ?, ?)", keys)  # noqa: S608 -- two constant names


def clear_snapshot(db: sqlite3.Connection) -> None:
    """Make room for the first page of a snapshot."""
    # The snapshot carries every row again, and so what was set aside before.
    for table in ("next_holder", "next_key", "set_aside"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 -- three constant names


def activate_snapshot(db: sqlite3.Connection) -> None:
    """Replace the roster in use by the snapshot, which is complete."""
    for table in ("holder", "key"):
        db.execute(f"DROP TABLE {table}")
        db.execute(f"ALTER TABLE next_{table} RENAME TO {table}")
    for statement in _TABLES.format("next_").split(";"):
        db.execute(statement)


def meta(db: sqlite3.Connection, name: str, default: Any) -> Any:
    """What is stored under a name; `default` where nothing is."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return default if row is None else row[0]


def typed_meta(db: sqlite3.Connection, name: str, default: T) -> T:
    """As `meta`, of the type of `default`.

    Raises:
        ValueError: it has another type, so the disk has changed it.
    """
    value = meta(db, name, default)
    if not isinstance(value, type(default)):
        raise ValueError(f"{name} cannot be read")
    return value


def set_meta(db: sqlite3.Connection, name: str, value: Any) -> None:
    """Store a value under a name."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
