"""Whether the code in a granted entry proves that its person's phone was at the door then, and the
seq of a row in quarantine. Pure.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.token import Certificate, Token, TokenError

# The largest number that is exact in every JSON parser.
LARGEST_SEQ: Final = 2**53
# Characters of a row in quarantine that are kept. A healthy row has less than a quarter of it.
MOST_OF_A_ROW: Final = 4_000


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
