"""The hash chain of the journal: what was changed, taken out or cut off is found.

Each entry's hash covers the one before it, so a change inside shows here (`verify_chain`), unless
all that follows was hashed anew. That, and a cut end, show against the server: with each answer it
says which entry it has last, and that one's hash (`compare_end`).

A journal that ends before that, as after an older copy of the memory card was put back, goes on
behind the server's last entry (`resume`). The gap is noted, so that the chain can be verified.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from firmware_bridge.store.box_settings import BoxSettings
from firmware_bridge.store.database import transaction
from firmware_bridge.wire.messages.alarms import JOURNAL_CHAIN, JOURNAL_OLDER
from firmware_bridge.wire.messages.entries import GENESIS, hash_text, to_canonical_json

# The name of the gaps among the journal's settings: JSON, seq → the hash behind it.
_GAPS: Final = "gaps"


class ChainBroken(Exception):  # noqa: N818 -- a finding of a check, not a fault
    """An entry was changed or removed. The text names its seq, and which of the two."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """An entry by its number and its own id, and the chain's hash after it, if it is known."""

    seq: int
    uuid: str
    hash: bytes | None


def parse_body(body: str) -> dict[str, Any] | None:
    """An entry as it was stored; None where the disk has changed its text."""
    try:
        row = json.loads(body)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


class Chain(BoxSettings):
    """The chain of the table `entry`; from any thread."""

    _seq: int
    _head: bytes
    _settled: int
    _undecided: dict[str, int]

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
            gaps, settled = self._gaps(), self._settled
        expected = rows[0][0] if rows else 0
        for seq, body, stored in rows:
            if seq != expected and seq - 1 not in gaps:
                raise ChainBroken(f"seq {expected} to {seq - 1}: missing")
            # The text as it was written, perhaps by a newer version of this program.
            head = hash_text(gaps[seq - 1] if seq != expected else head, body)
            if head != stored:
                raise ChainBroken(f"seq {seq}: changed, or something before it")
            expected = seq + 1
        if rows and expected <= settled and settled not in gaps:
            raise ChainBroken(f"seq {expected} to {settled}: missing at the end")
        return len(rows)

    def compare_end(self, seq: int, head: bytes | None) -> str | None:
        """Compare with the last entry that the server has, and its hash if it is known.

        Return the alarm: JOURNAL_CHAIN (it is another one here), JOURNAL_OLDER (it is not here), or
        None.
        """
        with self._lock:
            row = self._db.execute("SELECT hash FROM entry WHERE seq = ?", (seq,)).fetchone()
            oldest = self._db.execute("SELECT min(seq) FROM entry").fetchone()[0]
            known = bytes(row[0]) if row is not None else self._gaps().get(seq)
            if known is None and oldest is None and seq == self._seq:
                known = self._head  # all entries are deleted by their age
            if known is not None:
                return None if head in (None, known) else JOURNAL_CHAIN
            return JOURNAL_OLDER if seq >= (oldest or self._seq + 1) else None

    def resume(self, seq: int, head: bytes | None) -> bool:
        """Go on behind the server's last entry; return whether that is done.

        What the server does not have yet gets new numbers, so that nothing is lost.
        """
        with self._lock:
            # A strike that is not known yet refers to its grant by the number.
            if head is None or seq < self._settled or self._undecided:
                return False
            before = self._seq, self._head
            try:
                with transaction(self._db):
                    self._renumber(seq, head)
                    gaps = {**self._gaps(), seq: head}
                    stored = {number: at.hex() for number, at in gaps.items()}
                    self._set_meta(_GAPS, json.dumps(stored))
                    self._set_meta("settled", seq)
            except sqlite3.DatabaseError:
                self._seq, self._head = before
                raise
            self._settled = seq
        return True

    def _renumber(self, seq: int, head: bytes) -> None:
        rows = self._db.execute(
            "SELECT body, occurred_at, granted, kid, ts, area FROM entry"
            " WHERE seq > ? ORDER BY seq",
            (self._settled,),
        ).fetchall()
        self._db.execute("DELETE FROM entry WHERE seq > ?", (self._settled,))
        for body, *others in rows:
            seq, row = seq + 1, parse_body(body)
            text = body if row is None else to_canonical_json({**row, "seq": seq})
            head = hash_text(head, text)
            self._db.execute(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (seq, text, head, *others)
            )
        self._seq, self._head = seq, head

    def links(self) -> list[ChainLink]:
        """All kept entries, the oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT seq, body, hash FROM entry ORDER BY seq").fetchall()
        return [
            ChainLink(seq, str((parse_body(body) or {}).get("uuid")), bytes(head))
            for seq, body, head in rows
        ]

    def _gaps(self) -> dict[int, bytes]:
        stored = json.loads(self._meta(_GAPS, "{}"))
        return {int(seq): bytes.fromhex(head) for seq, head in stored.items()}

    def _hash_at(self, seq: int) -> bytes:
        row = self._db.execute("SELECT hash FROM entry WHERE seq = ?", (seq,)).fetchone()
        if row is not None:
            return bytes(row[0])
        return self._gaps().get(seq) or bytes(self._meta("anchor", GENESIS))


def find_difference(box: list[ChainLink], server: list[ChainLink]) -> str | None:
    """The first thing in which the box's entries differ from the server's, in words; None: nothing.

    Only what both may have is compared: the box deletes entries by their age, and has newer ones.
    """
    here, there = {link.seq: link for link in box}, {link.seq: link for link in server}
    seqs_here = {link.uuid: link.seq for link in box}
    seqs_there = {link.uuid: link.seq for link in server}
    first, newest = min(here, default=0), max(here, default=0)
    for seq in sorted(seq for seq in there if seq >= first):
        known = there[seq]
        link = here.get(seq)
        if link is None:
            missing = [other for other in there if other >= seq and other not in here]
            if seq > newest:
                return f"cut off: entries {seq} to {max(missing)} are missing at the end"
            last = min(other for other in here if other > seq) - 1
            return f"deleted: entries {seq} to {last} are missing"
        if link.uuid == known.uuid:
            if known.hash not in (None, link.hash):
                return f"edited: entry {seq} is not what the server got"
        elif seqs_here.get(known.uuid, 0) > seq:
            return f"inserted: entries {seq} to {seqs_here[known.uuid] - 1} were put in"
        elif seqs_there.get(link.uuid, 0) > seq:
            return f"deleted: entries {seq} to {seqs_there[link.uuid] - 1} were taken out"
        else:
            return f"replaced: entry {seq} is another one than the server got"
    return None
