"""The signature of the server under its answers to a bridge.

Whoever sits between a bridge and its server (a proxy, another server, a certificate that a wrong
authority has given out) could else let anybody in. A bridge pins the server's public keys, which
are the issuers of the passes, at its first sign-on. It sends a new random nonce with each request,
and the server signs with Ed25519:

    "zone-answer-1" 0 bridge 0 nonce 0 method 0 target 0 SHA-256(request body) SHA-256(answer body)

`target` is the path with the query, as sent. So an answer is good for one request of one bridge,
and no older answer can be repeated. The answers to `sign-on`, `changes`, `ask` and `entries` are
signed where they succeed, for bridges from wire version 5 on.

The header `Zone-Signature` is `<number of the issuer>.<64 bytes, hexadecimal>`. Keys are followed,
not pinned for ever: each signed answer to a sign-on names all issuers, and a new one signs only
after two hours.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_bridge.wire.messages import fields

CONTEXT: Final = b"zone-answer-1"
NONCE_HEADER: Final = "Zone-Nonce"
SIGNATURE_HEADER: Final = "Zone-Signature"
# Of 16 random bytes, hexadecimal.
NONCE_CHARS: Final = 32


def answer_message(bridge: str, nonce: str, exchange: bytes) -> bytes:
    """The bytes that the server signs; `exchange` is that of `digest_exchange`."""
    return b"\x00".join((CONTEXT, bridge.encode(), nonce.encode(), exchange))


def digest_exchange(method: str, target: str, sent: bytes, answered: bytes) -> bytes:
    """What was asked and answered: `target` is the path with the query, the rest the bodies."""
    digests = sha256(sent).digest() + sha256(answered).digest()
    return b"\x00".join((method.encode(), target.encode(), digests))


def format_signature(issuer: int, signature: bytes) -> str:
    return f"{issuer}.{signature.hex()}"


def is_signed(header: str | None, message: bytes, keys: Mapping[int, bytes]) -> bool:
    """Whether the header has a signature of one of the keys (32 bytes, by issuer)."""
    number, _, signature = (header or "").partition(".")
    key = next((key for issuer, key in keys.items() if str(issuer) == number), None)
    if key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_issuers(raw: object) -> dict[int, bytes]:
    """Parse the issuers of an answer; empty where it names none that can be read."""
    if not isinstance(raw, Mapping):
        return {}
    found: dict[int, bytes] = {}
    for number in raw:
        try:
            found[int(number)] = fields.hexadecimal(raw, number, 32)
        except (fields.MessageError, ValueError, TypeError):
            continue  # of a newer kind; the others will do
    return found


def write_issuers(keys: Mapping[int, bytes]) -> dict[str, Any]:
    return {str(number): key.hex() for number, key in keys.items()}


def fingerprint(key: bytes) -> str:
    """A key for people to compare: 64 bits of its SHA-256, in groups."""
    digits = sha256(key).hexdigest()[:16]
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
