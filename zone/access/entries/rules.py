"""The rows of an upload: which can be stored, what a quarantined one keeps, and whether the code of
a granted entry proves that its person's phone was at the door then. Pure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.entries import (
    Entry,
    Upload,
    find_unknown,
    hash_entry,
    unknown_fields,
)
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.token import Certificate, Token, TokenError
from zone.access.bridges.rules import BEFORE_ENROLMENT

# The largest number that is exact in every JSON parser.
LARGEST_SEQ: Final = 2**53
# Characters of a row in quarantine that are kept. A healthy row has less than a quarter of it.
MOST_OF_A_ROW: Final = 4_000
# A bridge's clock may be fast, but an entry further in the future than this is a fault: it compares
# its clock with the server's at every answer.
AHEAD: Final = timedelta(minutes=10)
TAKEN: Final = "seq or uuid: taken by another entry"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """The key of a phone, and whose it is; no `holder`: their person is gone."""

    point: bytes
    holder: int | None


def is_proof(entry: Entry, key: KnownKey | None, issuers: Mapping[int, Ed25519PublicKey]) -> bool:
    """Return whether the entry's code was signed by its holder's key, at its time.

    A box can withhold entries and repeat them, but it cannot make one: it has no private key. `key`
    is that of the entry's `kid`, if the server knows it; else the code's certificate must name the
    holder. The time of the entry is within the window that the door allows.
    """
    token = _parse(entry.code)
    if token is None or not _is_of(entry, token):
        return False
    if codes.check_time(token.ts, entry.occurred_at / 1000) is not None:
        return False
    if key is not None:
        return key.holder == entry.holder and codes.signed_by(key.point, token)
    cert = token.cert
    return (
        cert is not None and _certifies(cert, entry, issuers) and codes.signed_by(cert.point, token)
    )


def _parse(code: str | None) -> Token | None:
    try:
        return None if code is None else codes.parse(code.encode())
    except TokenError:
        return None


def _is_of(entry: Entry, token: Token) -> bool:
    # Not `leaving`: the door knows which way it leads, and the phone does not.
    said = (entry.kid, entry.ts, entry.duress)
    return said == (token.kid, token.ts, token.duress)


def _certifies(cert: Certificate, entry: Entry, issuers: Mapping[int, Ed25519PublicKey]) -> bool:
    refused = codes.verify_certificate(cert, issuers, entry.occurred_at / 1000)
    return refused is None and cert.holder == entry.holder


def readable_seq(row: object) -> int | None:
    """The seq of a row that may be anything; None where none can be read."""
    seq = row.get("seq") if isinstance(row, Mapping) else None
    if isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq <= LARGEST_SEQ:
        return seq
    return None


def seq_of(raw: str) -> int | None:
    """The seq of a row in quarantine; None also where the retention has left nothing of it."""
    return readable_seq(json.loads(raw)) if raw else None


def without_person(raw: str) -> str:
    """What is kept of a row in quarantine: its seq, because anything else may name a person."""
    seq = seq_of(raw)
    return "" if seq is None else json.dumps({"seq": seq})


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be stored, and why."""

    raw: object
    why: str

    @property
    def seqs(self) -> list[int]:
        """The row's seq if it is readable: only then can the answer name the row."""
        seq = readable_seq(self.raw)
        return [] if seq is None else [seq]

    @property
    def text(self) -> str:
        """The row as JSON; only its beginning, with its seq, where it is too long to be kept."""
        # `dumps` escapes everything beyond ASCII: PostgreSQL would refuse NUL and lone surrogates.
        text = json.dumps(self.raw, sort_keys=True)
        if len(text) <= MOST_OF_A_ROW:
            return text
        return json.dumps({"seq": next(iter(self.seqs), None), "begins": text[:MOST_OF_A_ROW]})


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """A valid entry and the chain's hashes before and after it.

    They are None after an unreadable row, or one with fields of a newer bridge. `unknown`: it has
    such fields, or words.
    """

    entry: Entry
    before: bytes | None
    after: bytes | None
    unknown: bool


def occurred_at(entry: Entry) -> datetime:
    """Return the time of an entry by its bridge's clock."""
    return datetime.fromtimestamp(entry.occurred_at / 1000, UTC)


def read_rows(
    upload: Upload,
) -> tuple[list[ChainedEntry], list[RefusedRow], bytes | None]:
    """Return the readable rows with their hashes, the others, and the hash after the last row."""
    links: list[ChainedEntry] = []
    refused: list[RefusedRow] = []
    end: bytes | None = upload.after
    for raw in upload.rows:
        try:
            entry = Entry.from_json(raw)
        except MessageError as error:
            refused.append(RefusedRow(raw, str(error)))
            end = None  # the hash of an unreadable row is unknown, and so are all that follow
        else:
            row = fields.mapping(raw, "entry")
            before = end
            # Fields of a newer bridge are not stored, so nobody could verify this hash later.
            end = None if end is None or unknown_fields(row) else hash_entry(end, entry)
            links.append(ChainedEntry(entry, before, end, bool(find_unknown(row))))
    return links, refused, end


def check_rows(
    links: Sequence[ChainedEntry],
    areas: Mapping[str, object],
    enrolled_at: datetime | None,
    now: datetime,
) -> tuple[list[ChainedEntry], list[RefusedRow]]:
    """Return the rows that can be stored, and the others with the reason of each.

    The others are quarantined, and named in the answer, so that the bridge may delete them: a
    batch that is refused as a whole would come again with the same row.
    """
    sound: list[ChainedEntry] = []
    refused: list[RefusedRow] = []
    for link in links:
        if why := _fault(link.entry, areas, enrolled_at, now):
            refused.append(RefusedRow(link.entry.to_json(), why))
        else:
            sound.append(link)
    valid, copies = _apart(sound)
    return valid, refused + [RefusedRow(copy.to_json(), TAKEN) for copy in copies]


def _fault(
    entry: Entry, areas: Mapping[str, object], enrolled_at: datetime | None, now: datetime
) -> str | None:
    at = occurred_at(entry)
    if entry.door not in areas:
        return "door: not one of this bridge"
    if at > now + AHEAD:
        return "occurred_at: in the future"
    # A clock that is not set may say anything, and the door lets nobody in by it.
    since = enrolled_at if entry.clock != "unset" or entry.granted else None
    if since is not None and at < since - BEFORE_ENROLMENT:
        return "occurred_at: before the bridge was enrolled"
    return None


def _apart(
    links: Sequence[ChainedEntry],
) -> tuple[list[ChainedEntry], list[Entry]]:
    """Return the first row of each seq and uuid, and what else was sent under the two."""
    # One row is stored of these: what the others say must have no effect.
    first: dict[tuple[int, str], ChainedEntry] = {}
    for link in links:
        first.setdefault((link.entry.seq, link.entry.uuid), link)
    kept = list(first.values())
    entries = {link.entry for link in kept}
    return kept, [link.entry for link in links if link.entry not in entries]
