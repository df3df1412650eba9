"""The journal: every entry of this bridge, on disk before any green light.

SQLite, WAL, `synchronous=FULL`: `append` returns only after fdatasync (NORMAL lost acknowledged rows in power cuts).
One connection under one lock is the single writer. A UNIQUE over grants alone makes one grant per (kid, ts, area),
whatever doors race and whenever the box restarts; a refused scan burns nothing.
"""

import json
import sqlite3
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from firmware_bridge.store.database import open_database, transaction
from firmware_bridge.store.reserve import Reserve
from firmware_bridge.wire.messages.entries import (
    GENESIS,
    MOST_ROWS,
    Entry,
    Upload,
    canonical,
    chain,
    link,
)

# Uploaded entries stay this long, then leave the box: a server that was restored from a backup gets
# them again.
KEEP_MS: Final = 14 * 24 * 3600 * 1000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entry (
  seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL, occurred_at INTEGER NOT NULL,
  granted INTEGER NOT NULL, kid BLOB, ts INTEGER, area TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS one_grant_per_code ON entry (kid, area, ts) WHERE granted;
CREATE TABLE IF NOT EXISTS order_answered (uuid TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""


class AlreadyGranted(Exception):  # noqa: N818 -- a rule's answer, not a fault
    """This code has opened this area before."""


class AlreadyAnswered(Exception):  # noqa: N818 -- a rule's answer, not a fault
    """This order was carried out or refused before."""


class JournalFull(Exception):  # noqa: N818 -- a state of the disk that the door answers
    """The entry could not be stored, so nothing may turn green."""


class ChainBroken(Exception):  # noqa: N818 -- what was found, not what failed
    """An entry was changed or taken out. The text names its seq."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this bridge is at the server: its UUID, and the 32 bytes of its Ed25519 device key."""

    bridge: str
    private_key: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries not yet settled, oldest first, and their seqs; `behind` is the seq that was settled last."""

    upload: Upload
    seqs: tuple[int, ...]
    behind: int


class Journal:
    """The entries in `folder`/journal.sqlite. Safe to use from any thread."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._db = open_database(folder / "journal.sqlite", synchronous="FULL")
        self._db.executescript(_SCHEMA)
        self._reserve = Reserve(folder / "reserve")
        # Set by the doors when there is something to upload, each after its strike: the uploader,
        # woken before it, would take the interpreter from the thread that is about to open. The
        # uploader clears it.
        self.appended = threading.Event()
        self._settled = int(self._meta("settled", 0))
        row = self._db.execute("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
        self._seq: int = row[0] if row else self._settled
        self._head: bytes = row[1] if row else self._meta("anchor", GENESIS)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def append(self, entry: Entry, area: str) -> int:
        """Store `entry` under the next seq; returns that seq when it is on disk.

        Raises:
            AlreadyGranted: a grant whose (kid, ts, area) was granted before.
            JournalFull: a grant that cannot be stored, or any entry once even the reserve is used up.
        """
        with self._lock:
            if entry.granted and not self._reserve.held:
                raise JournalFull("the disk is full")
            try:
                return self._insert(entry, area)
            except sqlite3.OperationalError as error:
                if self._reserve.held:
                    self._reserve.release()
                raise JournalFull(str(error)) from error

    def answer_order(self, entry: Entry, area: str) -> int:
        """Store what becomes of the order that `entry.ref` names, as `append` does, once for ever.

        Raises:
            AlreadyAnswered: it has been answered, whenever that was.
            JournalFull: as for `append`.
        """
        with self._lock:
            if entry.granted and not self._reserve.held:
                raise JournalFull("the disk is full")
            before = self._seq, self._head
            try:
                with transaction(self._db):
                    self._db.execute(
                        "INSERT INTO order_answered VALUES (?, ?)", (entry.ref, entry.occurred_at)
                    )
                    return self._insert(entry, area)
            except sqlite3.IntegrityError as error:
                raise AlreadyAnswered(str(entry.ref)) from error
            except sqlite3.OperationalError as error:
                self._seq, self._head = before
                if self._reserve.held:
                    self._reserve.release()
                raise JournalFull(str(error)) from error

    def _insert(self, entry: Entry, area: str) -> int:
        seq = self._seq + 1
        body = canonical(
            entry.to_json() | {"seq": seq}
        )  # what is stored is what is hashed: one text for both
        head = link(self._head, body)
        row = (seq, body, head, entry.occurred_at, entry.granted, entry.kid, entry.ts, area)
        try:
            self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorname != "SQLITE_CONSTRAINT_UNIQUE":
                raise
            raise AlreadyGranted from error
        self._seq, self._head = seq, head
        return seq

    def grants(self, kid: bytes, ts: int, area: str) -> tuple[bool, float | None]:
        """Whether this code has opened this area, and when its key last did, UTC seconds."""
        query = (
            "SELECT max(ts = ?), max(occurred_at) FROM entry WHERE granted AND kid = ? AND area = ?"
        )
        with self._lock:
            same, last = self._db.execute(query, (ts, kid, area)).fetchone()
        return bool(same), None if last is None else last / 1000

    def last_trusted_time(self) -> float:
        """The time of the newest entry made by a clock that was set, UTC seconds; 0 when there is none."""
        with self._lock:
            rows = self._db.execute("SELECT body FROM entry ORDER BY seq DESC LIMIT 100").fetchall()
        times = (
            body["occurred_at"]
            for body in map(json.loads, (row[0] for row in rows))
            if body["clock"] != "unset"
        )
        return next(times, 0) / 1000

    @property
    def full(self) -> bool:
        """Whether the disk is full: then nothing turns green."""
        return not self._reserve.held

    def reclaim(self) -> bool:
        """Try to put the reserve by again; True when grants are possible."""
        with self._lock:
            return self._reserve.hold()

    # What the uploader keeps.

    def batch(self, limit: int = MOST_ROWS) -> Batch | None:
        """The oldest entries that the server has not settled; None when there are none."""
        with self._lock:
            query = "SELECT seq, body, hash FROM entry WHERE seq > ? ORDER BY seq LIMIT ?"
            rows = self._db.execute(query, (self._settled, limit)).fetchall()
            behind = self._settled
            after = self._hash_at(behind)
        if not rows:
            return None
        entries = tuple(json.loads(body) for _, body, _ in rows)
        return Batch(Upload(entries, after, rows[-1][2]), tuple(seq for seq, _, _ in rows), behind)

    def settle(self, batch: Batch, settled: Collection[int]) -> int:
        """Move on behind the leading entries of `batch` that the server has `settled`; returns how many.

        None where entries before them must be sent again meanwhile: these follow in their turn.
        """
        done = 0
        while done < len(batch.seqs) and batch.seqs[done] in settled:
            done += 1
        with self._lock:
            if not done or self._settled < batch.behind:
                return 0
            self._set_settled(batch.seqs[done - 1])
        return done

    def follow(self, epoch: str) -> bool:
        """Note which life of the server this is; True in a new one, where everything kept is to be sent again.

        A server that was restored from a backup has lost what came after it. What it still has it stores only once.
        """
        with self._lock:
            known = self._meta("epoch", None)
            if known == epoch:
                return False
            with transaction(self._db):
                self._set_meta("epoch", epoch)
                if known is not None:
                    self._set_settled(self._before_oldest())
        return known is not None

    def _before_oldest(self) -> int:
        oldest = self._db.execute("SELECT min(seq) FROM entry").fetchone()[0]
        return self._settled if oldest is None else min(self._settled, oldest - 1)

    def _set_settled(self, seq: int) -> None:
        self._set_meta("settled", seq)
        self._settled = seq

    def waiting(self) -> int:
        """How many entries the server has not settled."""
        with self._lock:
            return self._seq - self._settled

    def prune(self, now: float, limit: int = MOST_ROWS) -> int:
        """Delete the oldest settled entries that are past keeping, at most `limit`; returns how many."""
        with self._lock, transaction(self._db):
            query = "SELECT seq, hash, occurred_at FROM entry WHERE seq <= ? ORDER BY seq LIMIT ?"
            rows = self._db.execute(query, (self._settled, limit)).fetchall()
            old = [row for row in rows if row[2] < now * 1000 - KEEP_MS]
            if old:
                self._set_meta("anchor", old[-1][1])
                self._db.execute("DELETE FROM entry WHERE seq <= ?", (old[-1][0],))
                self._db.execute("DELETE FROM order_answered WHERE at < ?", (now * 1000 - KEEP_MS,))
        return len(old)

    def verify_chain(self, newest: int | None = None) -> int:
        """Walk the chain from the oldest entry kept, or over the `newest` ones only; returns its length.

        Raises:
            ChainBroken: at the first entry that does not follow from the one before it.
        """
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, body, hash FROM entry ORDER BY seq DESC LIMIT ?",
                (-1 if newest is None else newest,),
            ).fetchall()[::-1]
            head = self._hash_at(rows[0][0] - 1) if rows else GENESIS
        expected = rows[0][0] if rows else 0
        for seq, body, stored in rows:
            head = chain(head, Entry.from_json(json.loads(body)))
            if head != stored or seq != expected:
                raise ChainBroken(f"seq {seq}")
            expected += 1
        return len(rows)

    # Who we are: kept here, because seqs belong to an identity. A journal lost is an identity lost.

    def identity(self) -> Identity | None:
        with self._lock:
            bridge, key = self._meta("bridge", None), self._meta("private_key", None)
        return None if bridge is None or key is None else Identity(bridge, key)

    def adopt(self, identity: Identity) -> None:
        """Become `identity` from now on."""
        with self._lock, transaction(self._db):
            self._set_meta("bridge", identity.bridge)
            self._set_meta("private_key", identity.private_key)

    def keys(self) -> tuple[bytes, ...]:
        """The device key in use, and the one beside it, if any."""
        with self._lock:
            both = self._meta("private_key", None), self._meta("key_beside", None)
        return tuple(key for key in both if key is not None)

    def put_beside(self, key: bytes) -> None:
        """Keep another device key, not yet in use."""
        with self._lock, transaction(self._db):
            self._set_meta("key_beside", key)

    def use_key(self, key: bytes) -> None:
        """Use this key from now on; the one in use until now goes beside it."""
        with self._lock, transaction(self._db):
            used = self._meta("private_key", None)
            if used != key:
                self._set_meta("private_key", key)
                self._set_meta("key_beside", used)

    def _hash_at(self, seq: int) -> bytes:
        row = self._db.execute("SELECT hash FROM entry WHERE seq = ?", (seq,)).fetchone()
        return bytes(row[0] if row is not None else self._meta("anchor", GENESIS))

    def _meta(self, name: str, default: Any) -> Any:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else row[0]

    def _set_meta(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
