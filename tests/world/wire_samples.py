"""The published test vectors, and a door that decides on them."""

import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import Decision, DoorContext, decide
from firmware_bridge.wire.messages.holders import Holder, Key, Right
from firmware_bridge.wire.messages.site import Area, Door
from tests.world.make_vectors import HOLDER, PATH, TS

GYM = Area("area-gym", "myyrmaki", ("gym",))
DOOR = Door("door-gym", "Gym", GYM)
RIGHT = Right("gym", (), TS - 10 * 86400, TS + 10 * 86400)


@cache
def vectors() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(PATH.read_text())
    return loaded


def issuers() -> dict[int, Ed25519PublicKey]:
    return {1: Ed25519PublicKey.from_public_bytes(bytes.fromhex(vectors()["issuers"][0]["public"]))}


def key_of(name: str | None) -> Key | None:
    for key in vectors()["keys"]:
        if key["name"] == name:
            return Key(bytes.fromhex(key["kid"]), bytes.fromhex(key["point"]))
    return None


def parse_scan(text: bytes) -> codes.Token | codes.TokenError:
    try:
        return codes.parse(text)
    except codes.TokenError as error:
        return error


def judge(text: bytes, now: float, key: Key | None = None) -> Decision:
    """Decide as a door whose roster has the holder, and `key` if given."""
    token = parse_scan(text)
    kid = token.kid if isinstance(token, codes.Token) else None
    known_key = key if key is not None and key.kid == kid else None
    holder = Holder(HOLDER, () if key is None else (key,), (RIGHT,))
    return decide(DoorContext(token, DOOR, known_key, holder, issuers()), now)
