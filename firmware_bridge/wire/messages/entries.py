"""What a door tells: entries, uploaded at least once and stored exactly once.

Entries form a hash chain per bridge: `hash` covers the entry before it, so a row that was changed or taken out later
shows. The head goes to the server with every upload.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.reasons import Reason

GENESIS: Final = bytes(32)
"""What the first entry of a bridge follows."""
KINDS: Final = (
    "scan",
    "forced_open",
    "held_open",
    "held_open_warning",
    "exit_request",
    "opened",
    "not_opened",
    "reader_lost",
    "reader_back",
    "relay_fault",
    "released",
    "started",
    "opened_by_desk",
    "order_refused",
)
MOST_ROWS: Final = 500
"""Entries in one upload."""
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened at a door. `occurred_at` is UTC milliseconds.

    `holder` and `kid` are set only when a signature proved them. `ts` is the code's own time, UTC seconds.
    `clock` is synced, holdover or unset. `ref` names the entry that this one follows up (an `opened` its scan), or
    the order that it answers: `opened_by_desk`, `order_refused`, and the `relay_fault` of such an opening.
    """

    seq: int
    uuid: str
    door: str
    kind: str
    occurred_at: int
    granted: bool
    reason: Reason | None = None
    holder: int | None = None
    kid: bytes | None = None
    ts: int | None = None
    leaving: bool = False
    duress: bool = False
    passback: bool = False
    clock: str = "synced"
    ref: str | None = None

    @classmethod
    def from_json(cls, raw: object) -> "Entry":
        """Raises MessageError when the row is not of this shape."""
        row = fields.mapping(raw, "entry")
        return cls(
            seq=fields.whole(row, "seq", 1, 2**53),
            uuid=_uuid(row, "uuid"),
            door=fields.text(row, "door"),
            kind=fields.choice(row, "kind", KINDS),
            occurred_at=fields.whole(row, "occurred_at", 0, 2**43),
            granted=fields.flag(row, "granted"),
            reason=None
            if row.get("reason") is None
            else Reason(fields.choice(row, "reason", tuple(Reason))),
            holder=None if row.get("holder") is None else fields.whole(row, "holder", 1, 2**32 - 1),
            kid=None if row.get("kid") is None else fields.hexadecimal(row, "kid", 8),
            ts=None if row.get("ts") is None else fields.whole(row, "ts", 0, 2**32 - 1),
            leaving=fields.flag(row, "leaving"),
            duress=fields.flag(row, "duress"),
            passback=fields.flag(row, "passback"),
            clock=fields.choice(row, "clock", ("synced", "holdover", "unset")),
            ref=None if row.get("ref") is None else _uuid(row, "ref"),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "uuid": self.uuid,
            "door": self.door,
            "kind": self.kind,
            "occurred_at": self.occurred_at,
            "granted": self.granted,
            "reason": None if self.reason is None else self.reason.value,
            "holder": self.holder,
            "kid": None if self.kid is None else self.kid.hex(),
            "ts": self.ts,
            "leaving": self.leaving,
            "duress": self.duress,
            "passback": self.passback,
            "clock": self.clock,
            "ref": self.ref,
        }


def canonical(row: Mapping[str, Any]) -> str:
    """The one JSON text of an entry's row: sorted keys, no spaces, characters as they are."""
    return _CANONICAL.encode(row)


def link(previous: bytes, text: str) -> bytes:
    """The hash of an entry's canonical `text`: SHA-256 over the hash before and the text's UTF-8."""
    return sha256(previous + text.encode()).digest()


def chain(previous: bytes, entry: Entry) -> bytes:
    """The hash of an entry that follows the one whose hash is `previous`."""
    return link(previous, canonical(entry.to_json()))


@dataclass(frozen=True, slots=True)
class Upload:
    """One batch. `rows` stay raw, to be judged one by one; `after` is the chain's hash before the first row and
    `head` the hash after the last."""

    rows: tuple[object, ...]
    after: bytes
    head: bytes

    @classmethod
    def from_json(cls, raw: object) -> "Upload":
        """Raises MessageError when the envelope is not of this shape."""
        row = fields.mapping(raw, "upload")
        rows = fields.items(row, "entries")
        if not 1 <= len(rows) <= MOST_ROWS:
            raise fields.MessageError(f"entries: 1 to {MOST_ROWS} rows")
        return cls(
            tuple(rows), fields.hexadecimal(row, "after", 32), fields.hexadecimal(row, "head", 32)
        )

    def to_json(self) -> dict[str, Any]:
        return {"entries": list(self.rows), "after": self.after.hex(), "head": self.head.hex()}


@dataclass(frozen=True, slots=True)
class UploadAck:
    """The server's answer: which seqs are stored for good (freshly, before, or set aside in quarantine)."""

    stored: tuple[int, ...]
    duplicates: tuple[int, ...]
    quarantined: tuple[int, ...]

    @classmethod
    def from_json(cls, raw: object) -> "UploadAck":
        row = fields.mapping(raw, "receipt")
        return cls(_seqs(row, "stored"), _seqs(row, "duplicates"), _seqs(row, "quarantined"))

    def to_json(self) -> dict[str, Any]:
        return {
            "stored": list(self.stored),
            "duplicates": list(self.duplicates),
            "quarantined": list(self.quarantined),
        }

    @property
    def settled(self) -> frozenset[int]:
        """The seqs a bridge need not send again."""
        return frozenset(self.stored + self.duplicates + self.quarantined)


def _uuid(row: Mapping[str, Any], name: str) -> str:
    value = fields.text(row, name, longest=36)
    try:
        return str(uuid.UUID(value))
    except ValueError as error:
        raise fields.MessageError(f"{name}: not a UUID") from error


def _seqs(row: Mapping[str, Any], name: str) -> tuple[int, ...]:
    return tuple(fields.whole({name: value}, name, 0, 2**53) for value in fields.items(row, name))
