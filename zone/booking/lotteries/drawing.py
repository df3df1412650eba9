"""The order in which tickets are drawn, and its proof. The standard library alone.

The service commits itself before anybody enters: it publishes SHA-256 of a secret seed and of the
terms of the lottery. At the draw it publishes the seed. The tickets stand in the order of SHA-256
of the seed, of a digest of all the tickets, and of the ticket. So nobody without the seed knows the
order in advance, and the service cannot choose another seed, time or session afterwards.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

DRAWN: Final = ("won", "lost", "refused")
"""The outcomes of tickets that were drawn."""
_HEX: Final = re.compile(r"[0-9a-f]{64}")


def make_seed(secret: bytes, lottery: str) -> bytes:
    """Return the seed of a lottery, which only who has the secret can make."""
    return hmac.new(secret, lottery.encode(), hashlib.sha256).digest()


def terms_of(lottery: str, session: str, opens_at: datetime, draws_at: datetime) -> str:
    """Return what a lottery promises, as the commitment covers it; instants in whole seconds."""
    moments = (at.astimezone(UTC).replace(microsecond=0) for at in (opens_at, draws_at))
    return " ".join((lottery, session, *(at.isoformat() for at in moments)))


def commitment_of(seed: bytes, terms: str) -> str:
    """Return what is published before the draw, in hexadecimal."""
    return hashlib.sha256(seed + terms.encode()).hexdigest()


def digest_of(tickets: Collection[str]) -> str:
    """Return the digest of all the tickets of a draw, in whatever order they are given."""
    return hashlib.sha256("\n".join(sorted(tickets)).encode()).hexdigest()


def drawn_order(seed: bytes, tickets: Collection[str]) -> list[str]:
    """Return the tickets in the order in which they are drawn."""
    # With the digest of all: who knows the seed cannot look for a good ticket before the last
    # person has entered.
    start = seed + bytes.fromhex(digest_of(tickets))
    return sorted(tickets, key=lambda ticket: hashlib.sha256(start + ticket.encode()).digest())


def faults_of(exported: Any) -> list[str]:
    """Return what is wrong with an exported lottery; empty: the draw is as it was promised."""
    try:
        return _faults(exported)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"This is not an exported lottery ({type(error).__name__}: {error})."]


def _faults(exported: Mapping[str, Any]) -> list[str]:
    if exported["state"] != "drawn":
        return [f"Nothing has been drawn: the lottery is {exported['state']}."]
    if not _HEX.fullmatch(exported["seed"]):
        raise ValueError("the seed is not 64 hexadecimal digits")
    seed = bytes.fromhex(exported["seed"])
    tickets = [entry["ticket"] for entry in exported["entries"]]
    outcomes = [entry["outcome"] for entry in exported["entries"]]
    checks = (
        (
            "The seed is not the one that was promised, or the terms have changed.",
            commitment_of(seed, exported["terms"]) == exported["commitment"],
        ),
        (
            "The terms are not those of the lottery that is shown.",
            exported["terms"] == _shown_terms(exported),
        ),
        ("A ticket stands in the list twice.", len(set(tickets)) == len(tickets)),
        ("The tickets are not those of the draw.", digest_of(tickets) == exported["digest"]),
        ("The order is not the one of the draw.", drawn_order(seed, tickets) == tickets),
        ("An entry has no outcome.", set(outcomes) <= set(DRAWN)),
        (
            "The places did not go to the first who could have them.",
            _is_fair(outcomes, int(exported["places"])),
        ),
    )
    return [fault for fault, holds in checks if not holds]


def _shown_terms(exported: Mapping[str, Any]) -> str:
    moments = [datetime.fromisoformat(exported[name]) for name in ("opens_at", "draws_at")]
    return terms_of(exported["id"], exported["session"], *moments)


def _is_fair(outcomes: Sequence[str], places: int) -> bool:
    in_order = [outcome for outcome in outcomes if outcome != "refused"]
    won = min(places, len(in_order))
    return in_order == ["won"] * won + ["lost"] * (len(in_order) - won)
