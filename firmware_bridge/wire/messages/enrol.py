"""Enrolment and sign-on of a bridge, and the byte strings that it signs.

A bridge enrols once with a one-time token and its Ed25519 public key. At each sign-on it signs a
challenge with that key and gets an access token.

POST /api/v1/bridge/enrol      {token, public_key}          → {bridge}
POST /api/v1/bridge/challenge  {bridge}                     → {challenge}
POST /api/v1/bridge/sign-on    {bridge, challenge, signature, wire}
                               → {access_token, expires_in, server_time, wire}
POST /api/v1/bridge/rotate     {public_key, signature}      → 204

After a rotation the old key works until the new one is first used.

`wire` is the version of the messages that the bridge speaks, and in the answer the one that the
server speaks with it (see `version.py`). A bridge of the first version sends none and gets none.
"""

from collections.abc import Mapping
from typing import Any, Final

from firmware_bridge.wire.version import FIRST_WIRE

# Separate contexts keep a signature for one purpose from being valid for the other.
SIGN_ON_CONTEXT: Final = b"zone-bridge-sign-on-1"
ROTATE_CONTEXT: Final = b"zone-bridge-rotate-1"


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
