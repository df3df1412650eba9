"""Enrolment and sign-on of a bridge, and the byte strings that it signs.

A bridge enrols once with a one-time token and its Ed25519 public key. At each sign-on it signs a
challenge with that key and gets an access token.

A token is 256 random bits, which a QR code carries together with the server's origin (an
invitation). For a box without a reader there is a code to type: 12 characters of Crockford's
base32 in three groups, `7K3M-9QXC-H2TV`. Either works once, and then the other does not. The code
goes in the place of the token, as it was typed: what is easily mistaken is forgiven.

POST /api/v1/bridge/enrol      {token, public_key}          → {bridge}
POST /api/v1/bridge/challenge  {bridge}                     → {challenge}
POST /api/v1/bridge/sign-on    {bridge, challenge, signature, wire}
                               → {access_token, expires_in, server_time, wire, issuers}
POST /api/v1/bridge/rotate     {public_key, signature}      → 204

After a rotation the old key works until the new one is first used.

`wire` is the version of the messages that the bridge speaks, and in the answer the one that the
server speaks with it (see `version.py`). A bridge of the first version sends none and gets none.
`issuers` are the server's public keys by number, for bridges from version 5 on: see `signature.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from firmware_bridge.wire.version import FIRST_WIRE

# Separate contexts keep a signature for one purpose from being valid for the other.
SIGN_ON_CONTEXT: Final = b"zone-bridge-sign-on-1"
ROTATE_CONTEXT: Final = b"zone-bridge-rotate-1"

# Crockford's base32: no I, L, O or U.
CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# 60 bits. Of an unlimited number of guesses that would be too few: the server limits the wrong ones
# of all addresses together, so that one is right with a probability of 2**-41 (`service.invite`).
CODE_CHARS: Final = 12
_GROUP: Final = 4
_MISTAKEN: Final = str.maketrans({"O": "0", "I": "1", "L": "1", " ": "", "-": ""})
# What an invitation begins with; a later form of it will have another number.
_INVITATION: Final = "ZB1"


def read_code(typed: str) -> str | None:
    """The 12 characters of a code as somebody typed it; None: this is no code."""
    code = typed.strip().upper().translate(_MISTAKEN)
    return code if len(code) == CODE_CHARS and set(code) <= set(CODE_ALPHABET) else None


def format_code(code: str) -> str:
    """A code in groups, to read and type."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the QR code of an enrolment says: the server's origin and the one-time token."""

    server: str
    token: str

    @classmethod
    def from_text(cls, text: str) -> "Invitation | None":
        """Parse the text of a QR code; None: it is none of an enrolment."""
        # A scanner may be set to add something before and after it.
        printable = "".join(filter(str.isprintable, text))
        words = printable[printable.find(_INVITATION) :].split()
        if len(words) != 3 or words[0] != _INVITATION:
            return None
        return cls(words[1], words[2])

    def to_text(self) -> str:
        return f"{_INVITATION} {self.server} {self.token}"


def read_wire(body: Mapping[str, Any]) -> int:
    """The version that a body of the sign-on names; the first one where it names none."""
    wire = body.get("wire")
    # Not an error: a bridge that cannot sign on opens no door after a week.
    return wire if type(wire) is int and FIRST_WIRE <= wire < 2**15 else FIRST_WIRE


def sign_on_message(bridge: str, challenge: str) -> bytes:
    """The bytes that a bridge signs with its device key to sign on.

    `bridge` is its UUID, `challenge` the text as received.
    """
    return b"\x00".join((SIGN_ON_CONTEXT, bridge.encode(), challenge.encode()))


def rotate_message(bridge: str, public_key: bytes) -> bytes:
    """The bytes that a bridge signs with its new device key to prove possession of it.

    `public_key` is the new key, 32 bytes.
    """
    return b"\x00".join((ROTATE_CONTEXT, bridge.encode(), public_key))
