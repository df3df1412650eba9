"""Journal entries of a bridge and their upload.

Delivery: the bridge numbers its entries (`seq`) and sends each one until the server has settled it.
The server stores an entry once per (bridge, seq), so a repeated upload does no harm.

Integrity: entries form one hash chain per bridge.

    hash[0] = 32 zero bytes
    hash[n] = SHA-256(hash[n-1] + canonical JSON of entry n)

An upload carries the hash before its first entry (`after`) and the hash of its last (`head`). The
server computes the same chain, so an entry that was changed or removed later is detected.

An entry of a newer bridge may carry words and fields that the server does not know. Its words are
stored as they are (`find_unknown` names them); an unknown field is not, so the hash of such an
entry cannot be computed again.
"""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from hashlib import sha256
from typing import Any, Final

from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.token import L_CHARS

# The hash before the first entry of a bridge.
GENESIS: Final = bytes(32)
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
    "release_ended",
    "started",
    "opened_by_desk",
    "order_refused",
)
CLOCKS: Final = ("synced", "holdover", "unset")
# A word of this or another version, as opposed to rubbish.
_WORD: Final = re.compile(r"[a-z][a-z_0-9]{0,39}")
# Most entries in one upload.
MAX_ROWS: Final = 500
# Changing any of these three options changes every hash, and so breaks the chain of every bridge.
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event at a door. `occurred_at` is UTC milliseconds.

    `holder` and `kid` are set only when a signature proved them.
    `kind` is one of KINDS, `reason` a Reason and `clock` one of CLOCKS, or a newer bridge's word.
    `ts` is the code's own time, UTC seconds.
    `code` is the text of a granted scan, which proves to the server that this key was shown at this
    time; None for all else, and from a bridge of before wire version 3.
    `ref` is the UUID of the entry that this one follows (an `opened` its scan), or of the command
    that it answers (`opened_by_desk`, `order_refused`, and the `relay_fault` of such an opening).
    """

    seq: int
    uuid: str
    door: str
    kind: str
    occurred_at: int
    granted: bool
    reason: str | None = None
    holder: int | None = None
    kid: bytes | None = None
    ts: int | None = None
    leaving: bool = False
    duress: bool = False
    passback: bool = False
    clock: str = "synced"
    ref: str | None = None
    code: str | None = None

    @classmethod
    def from_json(cls, raw: object) -> "Entry":
        """Parse a row.

        Raises:
            MessageError: the row does not have this shape.
        """
        row = fields.mapping(raw, "entry")
        return cls(
            # 2**53: the largest whole number that JavaScript and most JSON tools read exactly.
            seq=fields.whole(row, "seq", 1, 2**53),
            uuid=_uuid(row, "uuid"),
            door=fields.text(row, "door"),
            kind=_word(row, "kind"),
            # 2**43 ms is the year 2248.
            occurred_at=fields.whole(row, "occurred_at", 0, 2**43),
            granted=fields.flag(row, "granted"),
            reason=None if row.get("reason") is None else _reason(_word(row, "reason")),
            holder=None if row.get("holder") is None else fields.whole(row, "holder", 1, 2**32 - 1),
            kid=None if row.get("kid") is None else fields.hexadecimal(row, "kid", 8),
            ts=None if row.get("ts") is None else fields.whole(row, "ts", 0, 2**32 - 1),
            leaving=fields.flag(row, "leaving"),
            duress=fields.flag(row, "duress"),
            passback=fields.flag(row, "passback"),
            clock=_word(row, "clock"),
            ref=None if row.get("ref") is None else _uuid(row, "ref"),
            code=None if row.get("code") is None else fields.text(row, "code", longest=L_CHARS),
        )

    def to_json(self) -> dict[str, Any]:
        # Left out where there is none: the hash of an entry of an older bridge knows no such field.
        code = {} if self.code is None else {"code": self.code}
        return {
            "seq": self.seq,
            "uuid": self.uuid,
            "door": self.door,
            "kind": self.kind,
            "occurred_at": self.occurred_at,
            "granted": self.granted,
            "reason": None if self.reason is None else str(self.reason),
            "holder": self.holder,
            "kid": None if self.kid is None else self.kid.hex(),
            "ts": self.ts,
            "leaving": self.leaving,
            "duress": self.duress,
            "passback": self.passback,
            "clock": self.clock,
            "ref": self.ref,
            **code,
        }


_FIELDS: Final = frozenset(field.name for field in dataclass_fields(Entry))


def find_unknown(row: Mapping[str, Any]) -> list[str]:
    """The names of the fields whose word, or which themselves, only a newer bridge knows."""
    words = (("kind", KINDS), ("reason", (None, *Reason)), ("clock", CLOCKS))
    return [name for name, known in words if row.get(name) not in known] + unknown_fields(row)


def unknown_fields(row: Mapping[str, Any]) -> list[str]:
    """The names of the fields that only a newer bridge knows."""
    return sorted(row.keys() - _FIELDS)


def to_canonical_json(row: Mapping[str, Any]) -> str:
    """The canonical JSON of an entry's row: sorted keys, no spaces, only JSON's own escapes."""
    return _CANONICAL.encode(row)


def hash_text(previous: bytes, text: str) -> bytes:
    """The chain hash of an entry, from the hash before it and the entry's canonical `text`."""
    return sha256(previous + text.encode()).digest()


def hash_entry(previous: bytes, entry: Entry) -> bytes:
    """The chain hash of an entry, from the hash before it."""
    return hash_text(previous, to_canonical_json(entry.to_json()))


@dataclass(frozen=True, slots=True)
class Upload:
    """One batch of entries. `after` and `head`: the chain hash before the first and after the last.

    `rows` stay unparsed, so that the server can quarantine one bad row and store the others.
    """

    rows: tuple[object, ...]
    after: bytes
    head: bytes

    @classmethod
    def from_json(cls, raw: object) -> "Upload":
        """Parse the envelope.

        Raises:
            MessageError: it does not have this shape.
        """
        row = fields.mapping(raw, "upload")
        rows = fields.items(row, "entries")
        if not 1 <= len(rows) <= MAX_ROWS:
            raise fields.MessageError(f"entries: 1 to {MAX_ROWS} rows")
        return cls(
            tuple(rows), fields.hexadecimal(row, "after", 32), fields.hexadecimal(row, "head", 32)
        )

    def to_json(self) -> dict[str, Any]:
        return {"entries": list(self.rows), "after": self.after.hex(), "head": self.head.hex()}


@dataclass(frozen=True, slots=True)
class UploadAck:
    """The server's answer: the seqs stored now, stored before, or stored in quarantine."""

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
        """The seqs that the bridge need not send again."""
        return frozenset(self.stored + self.duplicates + self.quarantined)


def _word(row: Mapping[str, Any], name: str) -> str:
    value = fields.text(row, name)
    if not _WORD.fullmatch(value):
        raise fields.MessageError(f"{name}: not a word")
    return value


def _reason(word: str) -> str:
    return Reason(word) if word in tuple(Reason) else word


def _uuid(row: Mapping[str, Any], name: str) -> str:
    value = fields.text(row, name, longest=36)
    try:
        return str(uuid.UUID(value))
    except ValueError as error:
        raise fields.MessageError(f"{name}: not a UUID") from error


def _seqs(row: Mapping[str, Any], name: str) -> tuple[int, ...]:
    return tuple(fields.whole({name: value}, name, 0, 2**53) for value in fields.items(row, name))
