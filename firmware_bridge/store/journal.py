"""The journal: every entry of this bridge, on disk before a door opens.

Theory of operation. The journal is one SQLite database with one connection under one lock.

1. A door calls `append`. It returns only when the entry is on disk; then the door opens.
2. The uploader takes the oldest entries that the server has not settled (`batch`), sends them, and
   calls `settle`. `settled` is the highest seq of which it and all before it are settled.
3. `prune` deletes settled entries after KEEP_MS. The hash of the last deleted one stays as
   `anchor`, so that the chain of the others can still be verified.
4. After a restore the server has a new epoch: `follow_epoch` sets `settled` back to before the
   oldest kept entry, and everything is sent again.

A unique index over granted entries allows one grant per (kid, ts, area), also when two doors race
and after a restart. Neither a refused scan nor one whose strike failed uses a code up: `granted`,
beside the text of an entry, says whether the grant counts.

When the disk is full, the journal frees its reserve, refuses all grants and uses the reserve to
store refusals, until `reclaim` can allocate the reserve again.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from firmware_bridge.store.box_settings import BoxSettings
from firmware_bridge.store.database import open_database, transaction
from firmware_bridge.store.elsewhere import area_of
from firmware_bridge.store.lock import FolderUnusable
from firmware_bridge.store.presence import Movement
from firmware_bridge.store.reserve import LEAST_TO_OPEN, TO_OPEN, Reserve
from firmware_bridge.wire.messages.entries import (
    GENESIS,
    MAX_ROWS,
    Entry,
    Upload,
    hash_text,
    to_canonical_json,
)

# 14 days. Settled entries are kept this long, so that a server restored from a backup gets them
# again.
KEEP_MS: Final = 14 * 24 * 3600 * 1000
_FULL: Final = "the disk is full"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entry (
  seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL, occurred_at INTEGER NOT NULL,
  granted INTEGER NOT NULL, kid BLOB, ts INTEGER, area TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS one_grant_per_code ON entry (kid, area, ts) WHERE granted;
CREATE INDEX IF NOT EXISTS grants_of_holder
  ON entry (json_extract(body, '$.holder'), area, occurred_at) WHERE granted;
CREATE TABLE IF NOT EXISTS order_answered (
  uuid TEXT PRIMARY KEY, at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""


class AlreadyGranted(Exception):  # noqa: N818 -- a refusal by a rule, not a fault
    """This code has opened this area before."""


class AlreadyAnswered(Exception):  # noqa: N818 -- a refusal by a rule, not a fault
    """This door command was executed or refused before."""


class JournalFull(Exception):  # noqa: N818 -- a state of the disk that the door answers
    """The entry could not be stored, so the door must not open."""


class ChainBroken(Exception):  # noqa: N818 -- a finding of a check, not a fault
    """An entry was changed or removed. The text names its seq."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries not yet settled, oldest first, and their seqs. `behind` is the seq settled last."""

    upload: Upload
    seqs: tuple[int, ...]
    behind: int


def _open(folder: Path) -> sqlite3.Connection:
    # FULL: a commit returns after fdatasync. NORMAL lost acknowledged rows in power cuts.
    database = open_database(folder / "journal.sqlite", synchronous="FULL")
    database.executescript(_SCHEMA)
    return database


def _parsed(body: str) -> Mapping[str, Any] | None:
    """An entry as it was stored; None where the disk has changed its text."""
    try:
        row = json.loads(body)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _count_old(rows: Sequence[tuple[int, bytes, int, str]], now_ms: float, limit: int) -> int:
    """How many of these rows, the oldest of the journal, are older than KEEP_MS.

    A box without a battery may start in 1970 or in the future, so not by the time of each: what
    lies before an old entry is old too.
    """
    dated = [number for number, row in enumerate(rows) if _is_dated(row, now_ms)]
    if not dated and len(rows) == limit:
        return len(rows)  # all of a clock that was wrong: nobody came in by it
    return max((number + 1 for number in dated if rows[number][2] < now_ms - KEEP_MS), default=0)


def _is_dated(row: tuple[int, bytes, int, str], now_ms: float) -> bool:
    """Whether the time of an entry can be right."""
    return row[2] <= now_ms and (_parsed(row[3]) or {}).get("clock") != "unset"


class Journal(BoxSettings):
    """The entries in `folder`/journal.sqlite. Safe to use from any thread."""

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            FolderUnusable: the file is damaged, or the disk is full without a reserve, or broken.
        """
        self._lock = threading.Lock()
        try:
            self._load(folder)
        except (OSError, sqlite3.DatabaseError) as error:
            raise FolderUnusable(
                f"{folder}: the journal cannot be opened: {error}. Look after the disk; if the file"
                " is damaged for good, replace the bridge."
            ) from error

    def _load(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._reserve = Reserve(folder / "reserve")
        self._opening = Reserve(folder / "reserve-to-open", TO_OPEN, LEAST_TO_OPEN)
        self._db = self._opened(folder)
        # Set by the doors when there is an entry to upload, cleared by the uploader. A door sets it
        # after its strike: an uploader woken earlier would compete with the door for the GIL.
        self.appended = threading.Event()
        # Grants whose strike is not known yet, by uuid: the uploader waits for what comes of them.
        self._undecided: dict[str, int] = {}
        self._settled = int(self._meta("settled", 0))
        row = self._db.execute("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
        self._seq: int = row[0] if row else self._settled
        self._head: bytes = row[1] if row else self._meta("anchor", GENESIS)

    def _opened(self, folder: Path) -> sqlite3.Connection:
        # Even to open it SQLite makes two files, and a full disk has no room for them.
        for reserve in (self._opening, self._reserve):
            try:
                return _open(folder)
            except sqlite3.OperationalError:
                reserve.release()
        return _open(folder)

    def close(self) -> None:
        with self._lock:
            self._db.close()
            self._opening.hold()  # of the room of its log, for the next start

    def append(self, entry: Entry, area: str, *, awaits_strike: bool = False) -> int:
        """Store `entry` under the next seq; return that seq when it is on disk.

        `awaits_strike`: it is not uploaded before `decide`.

        Raises:
            AlreadyGranted: a grant whose (kid, ts, area) was granted before.
            JournalFull: a grant that cannot be stored, or any entry once the reserve is used up.
        """
        with self._lock:
            if entry.granted and not self._reserve.held:
                raise JournalFull(_FULL)
            try:
                return self._held(entry, self._insert(entry, area), awaits_strike)
            except sqlite3.IntegrityError:
                raise  # another process has written: this one must end
            except sqlite3.DatabaseError as error:
                if self._reserve.held:
                    self._reserve.release()
                raise JournalFull(str(error)) from error

    def answer_command(self, entry: Entry, area: str, *, awaits_strike: bool = False) -> int:
        """Store the answer to the command that `entry.ref` names, as `append` does; return its seq.

        Raises:
            AlreadyAnswered: the command has an answer already.
            JournalFull: as for `append`.
        """
        with self._lock:
            if entry.granted and not self._reserve.held:
                raise JournalFull(_FULL)
            before = self._seq, self._head
            try:
                with transaction(self._db):
                    self._db.execute(
                        "INSERT INTO order_answered VALUES (?, ?)", (entry.ref, entry.occurred_at)
                    )
                    seq = self._insert(entry, area)
                return self._held(entry, seq, awaits_strike)
            except sqlite3.IntegrityError as error:
                raise AlreadyAnswered(str(entry.ref)) from error
            except sqlite3.DatabaseError as error:
                # `_insert` may have succeeded and only the commit failed.
                self._seq, self._head = before
                if self._reserve.held:
                    self._reserve.release()
                raise JournalFull(str(error)) from error

    def withdraw(self, fault: Entry, area: str, seq: int) -> bool:
        """Store that the strike for grant `seq` failed; return whether there was room for it.

        The grant counts no longer: its code may open, and nobody has come in by it.
        """
        with self._lock:
            for _ in range(2):
                before = self._seq, self._head
                try:
                    with transaction(self._db):
                        self._db.execute("UPDATE entry SET granted = 0 WHERE seq = ?", (seq,))
                        self._insert(fault, area)
                    return True
                except sqlite3.DatabaseError:
                    # The grant took the last room: now there is that of the reserve.
                    self._seq, self._head = before
                    self._reserve.release()
        return False

    def _insert(self, entry: Entry, area: str) -> int:
        seq = self._seq + 1
        # The same text is stored and hashed.
        body = to_canonical_json(entry.to_json() | {"seq": seq})
        head = hash_text(self._head, body)
        row = (seq, body, head, entry.occurred_at, entry.granted, entry.kid, entry.ts, area)
        try:
            self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            # The only unique index is `one_grant_per_code`; the primary key has a code of its own.
            if error.sqlite_errorname != "SQLITE_CONSTRAINT_UNIQUE":
                raise
            raise AlreadyGranted from error
        self._seq, self._head = seq, head
        return seq

    def _held(self, entry: Entry, seq: int, awaits_strike: bool) -> int:
        if awaits_strike:
            self._undecided[entry.uuid] = seq
        return seq

    def decide(self, uuid: str) -> None:
        """Let the grant be uploaded: its strike is confirmed, or its fault is stored."""
        with self._lock:
            self._undecided.pop(uuid, None)

    def find_grants(
        self, kid: bytes, ts: int, area: str, holder: int | None
    ) -> tuple[bool, float | None]:
        """Whether this code has opened this area, and when its holder last came in (UTC seconds).

        `area` is that of `elsewhere.area_of_code`; for the way out it is about who has left.

        Raises:
            JournalFull: it cannot be read, so the door must not open.
        """
        # By the person, not the key: three phones of one pass would let three people in.
        query = (
            "SELECT EXISTS (SELECT 1 FROM entry WHERE granted AND kid = ? AND ts = ? AND area = ?),"
            " (SELECT max(occurred_at) FROM entry"
            "  WHERE granted AND json_extract(body, '$.holder') = ? AND area = ?)"
        )
        try:
            with self._lock:
                row = (kid, ts, area, holder, area)
                same, last = self._db.execute(query, row).fetchone()
        except sqlite3.DatabaseError as error:
            raise JournalFull(str(error)) from error
        return bool(same), None if last is None else last / 1000

    def last_came_in(self, door: str) -> float | None:
        """When somebody last came in at a door by a code (UTC seconds), if ever."""
        query = (
            "SELECT occurred_at FROM entry WHERE granted AND json_extract(body, '$.door') = ?"
            " AND json_extract(body, '$.kind') = 'scan' AND NOT json_extract(body, '$.leaving')"
            " ORDER BY seq DESC LIMIT 1"
        )
        try:
            with self._lock:
                row = self._db.execute(query, (door,)).fetchone()
        except sqlite3.DatabaseError:  # damaged, which is an alarm: see `verify_chain`
            return None
        return None if row is None else row[0] / 1000

    def movements(self, since: float) -> list[Movement]:
        """When each holder last came into each area, and left it, since then (UTC seconds)."""
        query = (
            "SELECT area, json_extract(body, '$.holder'), max(occurred_at), "
            " json_extract(body, '$.leaving') FROM entry"
            " WHERE granted AND occurred_at >= ? AND json_extract(body, '$.holder') IS NOT NULL"
            " GROUP BY 1, 2, 4"
        )
        try:
            with self._lock:
                rows = self._db.execute(query, (since * 1000,)).fetchall()
        except sqlite3.DatabaseError:  # damaged, which is an alarm: see `verify_chain`
            return []
        return [
            Movement(area_of(area), holder, at / 1000, bool(leaving))
            for area, holder, at, leaving in rows
        ]

    def last_trusted_time(self) -> float:
        """The newest time that somebody else confirmed (UTC seconds); 0 when there is none.

        The server did, or the phone of who came in. A box that starts once with a clock in the
        future would else take the right time for the past, and open to nobody.
        """
        query = (
            "SELECT occurred_at FROM entry WHERE json_extract(body, '$.clock') = 'synced'"
            " OR (granted AND json_extract(body, '$.clock') = 'holdover') ORDER BY seq DESC LIMIT 1"
        )
        try:
            with self._lock:
                row = self._db.execute(query).fetchone()
        except sqlite3.DatabaseError:  # damaged, which is an alarm: see `verify_chain`
            return 0.0
        return 0.0 if row is None else row[0] / 1000

    @property
    def full(self) -> bool:
        """Whether the disk is full; then no door opens."""
        return not self._reserve.held

    def reclaim(self) -> bool:
        """Try to allocate the reserve again; return whether grants are possible."""
        with self._lock:
            return self._opening.hold() and self._reserve.hold()

    # Upload.

    def batch(self, limit: int = MAX_ROWS) -> Batch | None:
        """The oldest entries not yet settled, at most `limit`; None when there are none.

        Not from a grant on whose strike is not known yet: the server would count a visit.
        """
        with self._lock:
            query = (
                "SELECT seq, body, hash FROM entry WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?"
            )
            before = min(self._undecided.values(), default=self._seq + 1)
            rows = self._db.execute(query, (self._settled, before, limit)).fetchall()
            behind = self._settled
            after = self._hash_at(behind)
        if not rows:
            return None
        entries = tuple(_parsed(body) or {"seq": seq, "damaged": body} for seq, body, _ in rows)
        return Batch(Upload(entries, after, rows[-1][2]), tuple(seq for seq, _, _ in rows), behind)

    def settle(self, batch: Batch, settled: Collection[int]) -> int:
        """Mark the leading entries of `batch` that are in `settled`; return how many.

        An entry after a gap stays unsettled and is sent again.
        """
        done = 0
        while done < len(batch.seqs) and batch.seqs[done] in settled:
            done += 1
        with self._lock:
            # Less than `behind`: `follow_epoch` has reset it since the batch was taken, and the
            # entries before the batch must be sent again first.
            if not done or self._settled < batch.behind:
                return 0
            self._set_settled(batch.seqs[done - 1])
        return done

    def follow_epoch(self, epoch: str) -> bool:
        """Store the server's epoch; return whether it is a new one.

        A new epoch means that the server was restored from a backup and may have lost entries: all
        kept entries become unsettled. The server ignores those that it still has.
        """
        with self._lock:
            known = self._meta("epoch", None)
            if known == epoch:
                return False
            with transaction(self._db):
                self._set_meta("epoch", epoch)
                if known is not None:
                    oldest = self._db.execute("SELECT min(seq) FROM entry").fetchone()[0]
                    self._set_settled(min(self._settled, (oldest or self._seq + 1) - 1))
        return known is not None

    def _set_settled(self, seq: int) -> None:
        self._set_meta("settled", seq)
        self._settled = seq

    def waiting(self) -> int:
        """The number of entries not yet settled."""
        with self._lock:
            return self._seq - self._settled

    def prune(self, now: float, limit: int = MAX_ROWS) -> int:
        """Delete settled entries older than KEEP_MS, at most `limit`; return how many."""
        with self._lock, transaction(self._db):
            query = (
                "SELECT seq, hash, occurred_at, body FROM entry WHERE seq <= ? ORDER BY seq LIMIT ?"
            )
            # At most `limit` rows, so that a door never waits long for the lock.
            rows = self._db.execute(query, (self._settled, limit)).fetchall()
            old = rows[: _count_old(rows, now * 1000, limit)]
            if old:
                self._set_meta("anchor", old[-1][1])
                self._db.execute("DELETE FROM entry WHERE seq <= ?", (old[-1][0],))
                self._db.execute("DELETE FROM order_answered WHERE at < ?", (now * 1000 - KEEP_MS,))
        return len(old)

    def verify_chain(self, newest: int | None = None) -> int:
        """Verify the hashes of all kept entries, or of the `newest` ones; return how many.

        Raises:
            ChainBroken: the first entry that does not follow from the one before it.
        """
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, body, hash FROM entry ORDER BY seq DESC LIMIT ?",
                (-1 if newest is None else newest,),  # SQLite reads LIMIT -1 as no limit
            ).fetchall()[::-1]
            head = self._hash_at(rows[0][0] - 1) if rows else GENESIS
        expected = rows[0][0] if rows else 0
        for seq, body, stored in rows:
            # The text as it was written, perhaps by a newer version of this program.
            head = hash_text(head, body)
            if head != stored or seq != expected:
                raise ChainBroken(f"seq {seq}")
            expected += 1
        return len(rows)

    def _hash_at(self, seq: int) -> bytes:
        row = self._db.execute("SELECT hash FROM entry WHERE seq = ?", (seq,)).fetchone()
        return bytes(row[0] if row is not None else self._meta("anchor", GENESIS))
