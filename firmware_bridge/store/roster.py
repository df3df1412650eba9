"""The roster: who may pass, in a database of its own, so that feeding it never waits for the journal or holds it up.

Readers see a whole state or the one before it: each page of changes is one transaction. A snapshot may take several
pages; they gather in tables beside, and the old roster stays in force until the last page swaps them in.
`synchronous=NORMAL`: rows that a power cut takes back take their version with them and are fetched again.
"""

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_bridge.store.database import open_database, transaction
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.messages.roster import (
    BookingWindow,
    Changes,
    Door,
    Holder,
    Key,
    Right,
    Site,
)
from firmware_bridge.wire.token import uncompress

_BESIDE: Final = """
CREATE TABLE IF NOT EXISTS {0}holder (holder INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS {0}key (
  kid BLOB PRIMARY KEY, holder INTEGER NOT NULL, point BLOB NOT NULL, revoked INTEGER NOT NULL
) WITHOUT ROWID;
"""
_META: Final = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID"
# The number of these tables, counted up when they change.
_FORMAT: Final = 1
_JSON: Final = json.JSONDecoder()
_ASIDE: Final = "CREATE TABLE IF NOT EXISTS set_aside (version INTEGER, why TEXT, body TEXT)"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the feed is to go on: what GET /changes is asked with."""

    version: int = 0
    epoch: str = ""
    site_digest: str = ""


class Roster:
    """Holders, keys and the site in `folder`/roster.sqlite. Safe to use from any thread."""

    def __init__(self, folder: Path) -> None:
        path = folder / "roster.sqlite"
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._db = open_database(path, synchronous="NORMAL")
        self._db.execute("PRAGMA journal_size_limit=4194304")
        self._drop_other_format()
        for statement in (
            _META,
            _ASIDE,
            *_BESIDE.format("").split(";"),
            *_BESIDE.format("next_").split(";"),
        ):
            self._db.execute(statement)
        self._reader = open_database(path, synchronous="NORMAL")
        self._cursor = Cursor(
            self._meta("version", 0), self._meta("epoch", ""), self._meta("site_digest", "")
        )
        self._gathering = False
        self._saved_heard_at = self._meta("heard_at", None)
        # When the server last spoke, UTC seconds.
        self.heard_at: float | None = self._saved_heard_at
        self._use_site(
            Site.from_json(json.loads(self._meta("site", '{"doors": [], "issuers": {}}')))
        )

    def close(self) -> None:
        with self._writing, self._reading:
            self._reader.close()
            self._db.close()

    # What a scan asks.

    def door(self, door: str) -> Door | None:
        """What the server says about a door; None before it has said anything."""
        return self._doors.get(door)

    def find(self, kid: bytes) -> tuple[Key | None, Holder | None]:
        """The key, its point in 65 bytes, and the person it belongs to; two times None when it is not known."""
        row = self._read(
            "SELECT body, point, revoked FROM key JOIN holder USING (holder) WHERE kid = ?", kid
        )
        return (None, None) if row is None else (Key(kid, row[1], bool(row[2])), _known(row[0]))

    def holder(self, holder: int) -> Holder | None:
        row = self._read("SELECT body FROM holder WHERE holder = ?", holder)
        return None if row is None else _known(row[0])

    def _read(self, query: str, value: bytes | int) -> tuple[Any, ...] | None:
        with self._reading:
            row: tuple[Any, ...] | None = self._reader.execute(query, (value,)).fetchone()
        return row

    # What the feed brings.

    @property
    def cursor(self) -> Cursor:
        return self._cursor

    def apply(self, changes: Changes, now: float) -> list[str]:
        """Take one page of the feed, heard at `now` (UTC seconds); returns why rows were set aside."""
        if self._is_news(changes):
            return self._apply(changes, now)
        self._nothing_new(now)
        return []

    def _is_news(self, changes: Changes) -> bool:
        moved = (changes.version, changes.epoch) != (self._cursor.version, self._cursor.epoch)
        return (
            moved
            or self._gathering
            or changes.snapshot
            or bool(changes.rows)
            or changes.site is not None
        )

    def _apply(self, changes: Changes, now: float) -> list[str]:
        with self._writing:
            with transaction(self._db):
                gathering = changes.snapshot or self._gathering
                if changes.snapshot:
                    self._forget_gathered()
                aside = self._put("next_" if gathering else "", changes.rows, changes.version)
                if gathering and not changes.more:
                    self._swap_in()
                if not (gathering and changes.more):
                    self._set_meta("version", changes.version)
                    self._set_meta("epoch", changes.epoch)
                    self._save_heard_at(now)
                if changes.site is not None:
                    self._set_meta("site", json.dumps(changes.site.to_json()))
                    self._set_meta("site_digest", changes.site_digest)
            self._gathering = gathering and changes.more
            digest = self._cursor.site_digest if changes.site is None else changes.site_digest
            self._cursor = Cursor(changes.version, changes.epoch, digest)
            self.heard_at = now
            if changes.site is not None:
                self._use_site(changes.site)
        return aside

    def _nothing_new(self, now: float) -> None:
        """Kept on disk once a minute only, to spare it."""
        self.heard_at = now
        if self._saved_heard_at is None or now - self._saved_heard_at > 60:
            with self._writing, transaction(self._db):
                self._save_heard_at(now)

    def apply_rows(self, rows: Iterable[object]) -> list[str]:
        """Take rows that the server gave as an answer to one question; returns why rows were set aside.

        An older page of the feed that is under way may bring an older state for a moment; its next page mends it.
        """
        with self._writing, transaction(self._db):
            return self._put("", rows, self._cursor.version)

    def _put(self, beside: str, rows: Iterable[object], version: int) -> list[str]:
        aside = []
        for raw in rows:
            try:
                self._put_one(beside, Holder.from_json(raw))
            except MessageError as error:
                aside.append(str(error))
                row = (version, str(error), json.dumps(raw))
                self._db.execute("INSERT INTO set_aside VALUES (?, ?, ?)", row)
        return aside

    def _put_one(self, beside: str, holder: Holder) -> None:
        select = f"SELECT body FROM {beside}holder WHERE holder = ?"  # noqa: S608 -- two constant names
        row = self._db.execute(select, (holder.holder,)).fetchone()
        before = Holder.from_json(json.loads(row[0])).keys if row is not None else ()
        gone = [
            (key.kid, holder.holder)
            for key in before
            if key.kid not in {kept.kid for kept in holder.keys}
        ]
        self._db.executemany(f"DELETE FROM {beside}key WHERE kid = ? AND holder = ?", gone)  # noqa: S608 -- two constant names
        self._db.execute(
            f"INSERT OR REPLACE INTO {beside}holder VALUES (?, ?)",  # noqa: S608 -- two constant names
            (holder.holder, json.dumps(holder.to_json(), separators=(",", ":"))),
        )
        keys = [(key.kid, holder.holder, _quick(key.point), key.revoked) for key in holder.keys]
        self._db.executemany(f"INSERT OR REPLACE INTO {beside}key VALUES (?, ?, ?, ?)", keys)  # noqa: S608 -- two constant names

    def _drop_other_format(self) -> None:
        """Tables of another version of this program are of no use: the server has all of it and sends it again."""
        if self._db.execute("PRAGMA user_version").fetchone() == (_FORMAT,):
            return
        with transaction(self._db):
            for table in ("meta", "holder", "key", "next_holder", "next_key", "set_aside"):
                self._db.execute(f"DROP TABLE IF EXISTS {table}")
            self._db.execute(f"PRAGMA user_version={_FORMAT}")

    def _forget_gathered(self) -> None:
        self._db.execute("DELETE FROM next_holder")
        self._db.execute("DELETE FROM next_key")

    def _swap_in(self) -> None:
        for table in ("holder", "key"):
            self._db.execute(f"DROP TABLE {table}")
            self._db.execute(f"ALTER TABLE next_{table} RENAME TO {table}")
        for statement in _BESIDE.format("next_").split(";"):
            self._db.execute(statement)

    def _use_site(self, site: Site) -> None:
        self._doors = {door.door: door for door in site.doors}
        self.issuers = {
            number: Ed25519PublicKey.from_public_bytes(key) for number, key in site.issuers.items()
        }

    def _save_heard_at(self, now: float) -> None:
        self._set_meta("heard_at", now)
        self._saved_heard_at = now

    def _meta(self, name: str, default: Any) -> Any:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else row[0]

    def _set_meta(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _quick(point: bytes) -> bytes:
    """The 65-byte form, worked out once when a key comes, and not at the door (35 µs). Rubbish stays what it is."""
    try:
        return uncompress(point)
    except ValueError:
        return point


def _known(body: str) -> Holder:
    """A row that was checked when it came, so it is not checked at the door (a third of the time)."""
    row, _ = _JSON.raw_decode(body)
    return Holder(
        row["holder"],
        tuple(
            Key(bytes.fromhex(key["kid"]), bytes.fromhex(key["point"]), key["revoked"])
            for key in row["keys"]
        ),
        tuple(
            Right(it["kind"], tuple(it["campuses"]), it["nbf"], it["exp"]) for it in row["rights"]
        ),
        tuple(BookingWindow(it["area"], it["nbf"], it["exp"]) for it in row["slots"]),
        row["suspended"],
    )
