"""Sign-on of a bridge: it enrols once with a one-time token, then proves its own key each time it signs on.

POST /api/v1/bridge/enrol      {token, public_key}          → {bridge}
POST /api/v1/bridge/challenge  {bridge}                     → {challenge}
POST /api/v1/bridge/sign-on    {bridge, challenge, signature} → {access_token, expires_in}
POST /api/v1/bridge/rotate     {public_key, signature}      → 204; the old key works until the new one is first used
"""

from typing import Final

SIGN_ON_CONTEXT: Final = b"zone-bridge-sign-on-1"
ROTATE_CONTEXT: Final = b"zone-bridge-rotate-1"


def sign_on_message(bridge: str, challenge: str) -> bytes:
    """The bytes that a bridge signs with its Ed25519 device key; `bridge` is its UUID, `challenge` as received."""
    return b"\x00".join((SIGN_ON_CONTEXT, bridge.encode(), challenge.encode()))


def rotate_message(bridge: str, public_key: bytes) -> bytes:
    """The bytes that a bridge signs with a new device key, to prove that it holds it; `public_key` is 32 bytes."""
    return b"\x00".join((ROTATE_CONTEXT, bridge.encode(), public_key))
