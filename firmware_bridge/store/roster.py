"""The roster: the holders, keys and doors that this bridge knows.

Theory of operation. The roster is a SQLite database of its own, so that writing changes never waits
for the journal nor delays it. It has one connection for writing and one for reading, each under its
lock; in WAL mode a reader is not blocked by a writer.

What a newer server sends and this version cannot read is stored on its safe side, in the shape that
every version reads, so that an older program may be started over these tables. The next start, with
perhaps another version, fetches it again: a site with a fault is stored without its digest, and
after a fault in a row (table `set_aside`) the feed begins with a snapshot. So it does after a page
that a program of another wire version has read: fields that it did not know are not stored.

Each page of the change feed is one transaction, with the feed's version in it, so a reader sees the
state before or after a page. A snapshot may take several pages: they are collected in the tables
`next_holder` and `next_key`, and the old roster stays in use until the last page replaces it. The
version is stored only then, so a snapshot interrupted by a restart begins again.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_bridge.store.database import open_database, transaction
from firmware_bridge.store.holders import parse_stored
from firmware_bridge.store.lock import FolderUnusable
from firmware_bridge.store.roster_tables import (
    activate_snapshot,
    clear_snapshot,
    create_tables,
    empty_tables,
    meta,
    save_rows,
    set_meta,
    typed_meta,
)
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.holders import Holder, Key
from firmware_bridge.wire.messages.site import Door, Site, read_site
from firmware_bridge.wire.version import WIRE

FILE: Final = "roster.sqlite"
# The time of the last contact is stored at most once in this time.
CONTACT_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position in the change feed: the parameters of GET /changes."""

    version: int = 0
    epoch: str = ""
    site_digest: str = ""


def open_roster(folder: Path) -> tuple["Roster", str]:
    """Open the roster, or an empty one in place of a damaged file; return it and what was wrong.

    The roster is a copy of what the server knows, so an empty one is filled within seconds. A
    bridge that ended instead would end again at each restart.

    Raises:
        FolderUnusable: the disk is full or broken.
    """
    try:
        roster = Roster(folder)
        wrong = roster.damage()
        if not wrong:
            return roster, ""
        roster.close()
    except sqlite3.OperationalError as error:
        raise FolderUnusable(f"{folder}: no roster: {error}. Look after the disk.") from error
    except (sqlite3.DatabaseError, ValueError, TypeError) as error:
        wrong = str(error)
    _delete(folder)
    return Roster(folder), wrong


def _delete(folder: Path) -> None:
    for end in ("", "-wal", "-shm"):
        (folder / f"{FILE}{end}").unlink(missing_ok=True)


def _read_by(version: int, epoch: str) -> str:
    """What says that the roster up to this version was read by this version of the program.

    Another one has left out the fields that it did not know, and stored none of them.
    """
    return f"{WIRE} {version} {epoch}"


class Roster:
    """Holders, keys and the site in `folder`/roster.sqlite. Safe to use from any thread."""

    _cursor: Cursor
    _saved_contact_at: float | None

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writing, self._reading = threading.Lock(), threading.Lock()
        # Since the start: the doors with a fault in the site, and whether a row had one.
        self._unread_doors: frozenset[str] = frozenset()
        self._unread_rows = False
        # What a statement found wrong with the file; see `mend`.
        self._wrong = ""
        self._open()
        # Whether the server has revoked this box; see `set_revoked`.
        self.revoked = bool(typed_meta(self._db, "revoked", 0))
        # When the server last answered, UTC seconds.
        self.contact_at: float | None = self._saved_contact_at
        site, faults = read_site(json.loads(meta(self._db, "site", '{"doors": [], "issuers": {}}')))
        self._use_site(site or Site((), {}))
        if faults:  # of a newer program, or of the disk: the server is asked for it again
            self._cursor = replace(self._cursor, site_digest="")

    def _open(self) -> None:
        path = self._folder / FILE
        # NORMAL: a power cut may undo the newest transactions, but their version with them, so the
        # changes are fetched again. It saves the fdatasync of every page.
        self._db = open_database(path, synchronous="NORMAL")
        # 4 MiB: a snapshot of 100 000 holders must not leave its whole log on a small disk.
        self._db.execute("PRAGMA journal_size_limit=4194304")
        create_tables(self._db)
        self._reader = open_database(path, synchronous="NORMAL")
        self._cursor = self._stored_cursor()
        self._in_snapshot = False
        heard_at = meta(self._db, "heard_at", None)
        self._saved_contact_at = None if heard_at is None else float(heard_at)

    def damage(self) -> str:
        """Return the first thing that is wrong with the file; "" where nothing is."""
        with self._writing:
            found = str(self._db.execute("PRAGMA quick_check(1)").fetchone()[0])
        return "" if found == "ok" else found

    def mend(self) -> str:
        """Begin the file anew where a statement found it damaged; return what was wrong.

        The doors keep their configuration, and know nobody until the server has sent everybody.
        """
        with self._writing:
            wrong, self._wrong = self._wrong, ""
            if wrong:
                self._begin_anew()
        return wrong

    def _begin_anew(self) -> None:
        with self._reading:
            self._reader.close()
            self._db.close()
            _delete(self._folder)
            self._open()
            if self.revoked:
                set_meta(self._db, "revoked", 1)

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._note_damage(error)
            raise

    def _note_damage(self, error: sqlite3.Error) -> None:
        # An OperationalError is of the disk, not the file.
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        ):
            self._wrong = str(error)

    def close(self) -> None:
        with self._writing, self._reading:
            self._reader.close()
            self._db.close()

    # Reading, for a scan.

    def door(self, door: str) -> Door | None:
        """The configuration of a door; None before the server has sent it, and if revoked."""
        return None if self.revoked else self._doors.get(door)

    def find(self, kid: bytes) -> tuple[Key | None, Holder | None]:
        """The key with this id and its holder, or (None, None). The key's point has 65 bytes."""
        row = self._read(
            "SELECT body, point, revoked FROM key JOIN holder USING (holder) WHERE kid = ?", kid
        )
        if row is None:
            return None, None
        holder = self._parsed(row[0])
        # The point may have any type in a file that the disk has changed.
        if holder is None or not isinstance(row[1], bytes):
            self._wrong = self._wrong or "a key cannot be read"
            return None, None
        return Key(kid, row[1], bool(row[2])), holder

    def holder(self, holder: int) -> Holder | None:
        """The holder with this number, if known."""
        row = self._read("SELECT body FROM holder WHERE holder = ?", holder)
        return None if row is None else self._parsed(row[0])

    def _parsed(self, body: object) -> Holder | None:
        """A stored holder; None where the disk has changed the text: `mend` begins anew then."""
        try:
            return parse_stored(str(body))
        except (ValueError, LookupError, TypeError):
            self._wrong = "a person cannot be read"
            return None

    def _read(self, query: str, value: bytes | int) -> tuple[Any, ...] | None:
        """The first row; None also where the file cannot be read: the door then knows nobody."""
        try:
            with self._reading:
                row: tuple[Any, ...] | None = self._reader.execute(query, (value,)).fetchone()
        except sqlite3.Error as error:
            # Not by `_noting_damage`: a context manager of its own takes 17 µs of each scan.
            self._note_damage(error)
            return None
        return row

    @property
    def unread(self) -> frozenset[str]:
        """The doors of which the server sent something that this version cannot read.

        "" stands for what is about no one door: a holder, a key of an issuer, the whole site.
        """
        return self._unread_doors | ({""} if self._unread_rows else frozenset())

    # Writing, for the change feed.

    def _stored_cursor(self) -> Cursor:
        stored = Cursor(
            typed_meta(self._db, "version", 0),
            typed_meta(self._db, "epoch", ""),
            typed_meta(self._db, "site_digest", ""),
        )
        # Version and epoch of a bridge without a roster: the server answers with a snapshot.
        if typed_meta(self._db, "read_by", "") != _read_by(stored.version, stored.epoch):
            return Cursor()
        if self._db.execute("SELECT 1 FROM set_aside LIMIT 1").fetchone() is not None:
            return Cursor(site_digest=stored.site_digest)
        return stored

    @property
    def cursor(self) -> Cursor:
        return self._cursor

    def set_revoked(self, revoked: bool) -> None:
        """Forget everybody and every door: the server has revoked this box.

        False: it knows the box again, as after a restore, and sends everything anew.
        """
        # First for the doors: a disk that is full must not keep them open.
        self.revoked = self.revoked or revoked
        with self._writing, self._noting_damage():
            if revoked != bool(typed_meta(self._db, "revoked", 0)):
                try:
                    self._forget(revoked)
                except sqlite3.Error:
                    # To delete rows takes room, to delete the file gives some.
                    self._begin_anew()
                    self._forget(revoked)
        self.revoked = revoked

    def _forget(self, revoked: bool) -> None:
        with transaction(self._db):
            empty_tables(self._db)
            set_meta(self._db, "revoked", int(revoked))
        self._cursor, self._in_snapshot = Cursor(), False
        self._use_site(Site((), {}))

    def apply(self, changes: Changes, now: float, after: Cursor | None = None) -> list[str]:
        """Apply one page of the feed, received at `now` (UTC seconds).

        `after`: where the roster was when it was asked for. Returns an error for each thing that
        could not be read.
        """
        if self._has_changes(changes):
            return self._apply_page(changes, now, after)
        self._record_contact(now)
        return []

    def _has_changes(self, changes: Changes) -> bool:
        moved = (changes.version, changes.epoch) != (self._cursor.version, self._cursor.epoch)
        return (
            moved
            or self._in_snapshot
            or changes.snapshot
            or bool(changes.rows)
            or changes.site is not None
            or bool(changes.faults)
        )

    def _apply_page(self, changes: Changes, now: float, after: Cursor | None) -> list[str]:
        with self._writing, self._noting_damage():
            if self.revoked:  # since the page was sent
                return []
            # Emptied since it was asked for: the box was revoked, and is known again. The page
            # holds what came behind `after` alone, and the rest would never be sent.
            if after not in (None, self._cursor):
                return []
            with transaction(self._db):
                in_snapshot = changes.snapshot or self._in_snapshot
                if changes.snapshot:
                    clear_snapshot(self._db)
                prefix = "next_" if in_snapshot else ""
                errors = save_rows(self._db, self._parsed, prefix, changes.rows, changes.version)
                if in_snapshot and not changes.more:
                    activate_snapshot(self._db)
                if not (in_snapshot and changes.more):
                    set_meta(self._db, "version", changes.version)
                    set_meta(self._db, "epoch", changes.epoch)
                    set_meta(self._db, "read_by", _read_by(changes.version, changes.epoch))
                    self._save_contact_at(now)
                self._save_site(changes)
            # Only after the commit: a failed transaction leaves the position as it was.
            self._in_snapshot = in_snapshot and changes.more
            self._unread_rows = bool(errors) or (self._unread_rows and not changes.snapshot)
            self._follow_site(changes)
            self.contact_at = now
        return errors + [fault.why for fault in changes.faults]

    def _save_site(self, changes: Changes) -> None:
        if changes.site is not None:
            set_meta(self._db, "site", json.dumps(changes.site.to_json()))
            set_meta(self._db, "site_digest", changes.site_digest)
        if changes.faults:
            set_meta(self._db, "site_digest", "")

    def _follow_site(self, changes: Changes) -> None:
        digest = self._cursor.site_digest
        if changes.site is not None or changes.faults:
            # Here with its digest, whatever its faults: it need not be sent again every second.
            digest = changes.site_digest
            self._unread_doors = frozenset(fault.door for fault in changes.faults)
        self._cursor = Cursor(changes.version, changes.epoch, digest)
        if changes.site is not None:
            self._use_site(changes.site)

    def _record_contact(self, now: float) -> None:
        self.contact_at = now
        # Written once a minute, not at each poll (1 s), to spare the flash memory of a small
        # computer.
        if self._saved_contact_at is None or now - self._saved_contact_at > CONTACT_SECONDS:
            with self._writing, transaction(self._db):
                self._save_contact_at(now)

    def apply_rows(self, rows: Iterable[object]) -> list[str]:
        """Apply rows from the server's answer to a question about one code.

        Returns an error for each thing that could not be read.
        """
        # A page of the feed fetched before this answer may restore an older state for a moment; the
        # next page corrects it.
        with self._writing, self._noting_damage():
            if self.revoked:  # since the answer was sent
                return []
            with transaction(self._db):
                errors = save_rows(self._db, self._parsed, "", rows, self._cursor.version)
            self._unread_rows = self._unread_rows or bool(errors)
        return errors

    def _use_site(self, site: Site) -> None:
        self._doors = {door.door: door for door in site.doors}
        self.issuers = {
            number: Ed25519PublicKey.from_public_bytes(key) for number, key in site.issuers.items()
        }

    def _save_contact_at(self, now: float) -> None:
        set_meta(self._db, "heard_at", now)
        self._saved_contact_at = now
