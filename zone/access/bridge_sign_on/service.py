"""Enrolment, sign-on and key rotation of bridges. Never commits.

A bridge enrols once with a one-time token, then proves its own device key each time it signs on.
"""

import uuid
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.enrol import rotate_message, sign_on_message
from zone.access.bridge_sign_on.errors import (
    BRIDGE_ENROLLED,
    BRIDGE_UNKNOWN,
    ENROLMENT_INVALID,
    KEY_IN_USE,
)
from zone.access.bridge_sign_on.models import BridgeChallenge, BridgeEnrolment, BridgeToken
from zone.access.bridges.models import Bridge
from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.ids import new_secret

ENROL_WITHIN: Final = timedelta(minutes=15)
ANSWER_WITHIN: Final = timedelta(seconds=60)
TOKEN_LIVES: Final = timedelta(minutes=15)


def enrolment_token(session: Session, bridge: Bridge, now: datetime) -> str:
    """Another token for a bridge that has not been enrolled; earlier ones no longer work.

    Raises:
        DomainError: bridge_enrolled.
    """
    if bridge.enrolled_at is not None or bridge.revoked_at is not None:
        raise DomainError(BRIDGE_ENROLLED)
    session.execute(delete(BridgeEnrolment).where(BridgeEnrolment.bridge_id == bridge.id))
    token = new_secret()
    session.add(
        BridgeEnrolment(bridge_id=bridge.id, token_hash=_hash(token), expires_at=now + ENROL_WITHIN)
    )
    session.flush()
    return token


def enrol(session: Session, *, token: str, public_key: bytes, now: datetime) -> Bridge:
    """Make the box with `public_key` (Ed25519, 32 bytes) the bridge of the token. Of two at once one wins.

    Raises:
        DomainError: enrolment_invalid (unknown, used or too old), bridge_enrolled, bridge_key_in_use.
    """
    bridge_id = session.scalar(
        update(BridgeEnrolment)
        .where(
            BridgeEnrolment.token_hash == _hash(token),
            BridgeEnrolment.used_at.is_(None),
            BridgeEnrolment.expires_at > now,
        )
        .values(used_at=now)
        .returning(BridgeEnrolment.bridge_id)
    )
    if bridge_id is None:
        raise DomainError(ENROLMENT_INVALID)
    bridge = session.get_one(Bridge, bridge_id, with_for_update=True)
    if bridge.enrolled_at is not None or bridge.revoked_at is not None:
        raise DomainError(BRIDGE_ENROLLED)
    bridge.public_key, bridge.enrolled_at = public_key, now
    session.flush()
    return bridge


def challenge(session: Session, bridge: uuid.UUID, now: datetime) -> str:
    """What the bridge must sign within 60 seconds.

    Raises:
        DomainError: bridge_unknown (never enrolled, or revoked).
    """
    found = _enrolled(session, bridge)
    session.execute(
        delete(BridgeChallenge).where(
            BridgeChallenge.bridge_id == found.id, BridgeChallenge.expires_at <= now
        )
    )
    text = new_secret()
    session.add(
        BridgeChallenge(
            bridge_id=found.id, challenge_hash=_hash(text), expires_at=now + ANSWER_WITHIN
        )
    )
    session.flush()
    return text


def sign_on(
    session: Session, *, bridge: uuid.UUID, challenge: str, signature: bytes, now: datetime
) -> str:
    """An access token for 15 minutes, for who signed a live challenge with the bridge's key. A challenge works once.

    Raises:
        DomainError: bridge_unknown, whatever was wrong.
    """
    found = _enrolled(session, bridge)
    message = sign_on_message(str(found.public_id), challenge)
    if not _take_challenge(session, found.id, challenge, now) or not _proven(
        session, found, message, signature
    ):
        raise DomainError(BRIDGE_UNKNOWN)
    session.execute(
        delete(BridgeToken).where(BridgeToken.bridge_id == found.id, BridgeToken.expires_at <= now)
    )
    token = new_secret()
    session.add(
        BridgeToken(bridge_id=found.id, token_hash=_hash(token), expires_at=now + TOKEN_LIVES)
    )
    session.flush()
    return token


def _enrolled(session: Session, bridge: uuid.UUID) -> Bridge:
    found = session.scalar(
        select(Bridge).where(
            Bridge.public_id == bridge, Bridge.public_key.is_not(None), Bridge.revoked_at.is_(None)
        )
    )
    if found is None:
        raise DomainError(BRIDGE_UNKNOWN)
    return found


def _take_challenge(session: Session, bridge_id: int, challenge: str, now: datetime) -> bool:
    taken = session.scalar(
        delete(BridgeChallenge)
        .where(
            BridgeChallenge.bridge_id == bridge_id,
            BridgeChallenge.challenge_hash == _hash(challenge),
            BridgeChallenge.expires_at > now,
        )
        .returning(BridgeChallenge.id)
    )
    return taken is not None


def _proven(session: Session, bridge: Bridge, message: bytes, signature: bytes) -> bool:
    """Whether the bridge's key signed, or the one that is to follow it: with its first use that takes over."""
    if _signed(bridge.public_key, message, signature):
        return True
    if not _signed(bridge.next_public_key, message, signature):
        return False
    bridge.public_key, bridge.next_public_key = bridge.next_public_key, None
    session.execute(delete(BridgeToken).where(BridgeToken.bridge_id == bridge.id))
    session.flush()
    return True


def _signed(public_key: bytes | None, message: bytes, signature: bytes) -> bool:
    if public_key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def announce_key(
    session: Session, bridge_id: int, *, public_key: bytes, signature: bytes, now: datetime
) -> None:
    """Take a new device key (Ed25519, 32 bytes) beside the one in use, which works until the new one first signs on.

    The box proves with `signature` that it holds the new key. Sending it again changes nothing.

    Raises:
        DomainError: bridge_unknown (the signature is not the new key's), bridge_key_in_use.
    """
    bridge = session.get_one(Bridge, bridge_id, with_for_update=True)
    if not _signed(public_key, rotate_message(str(bridge.public_id), public_key), signature):
        raise DomainError(BRIDGE_UNKNOWN)
    if public_key == bridge.public_key:
        return
    if session.scalar(select(Bridge.id).where(Bridge.public_key == public_key)) is not None:
        raise DomainError(KEY_IN_USE)  # its unique key would say so only at the first use
    bridge.next_public_key = public_key
    session.flush()
    record_action(
        session,
        actor_id=None,
        action="bridge.rotate",
        object_kind="bridge",
        object_id=bridge.public_id,
        now=now,
        before=_name_of(bridge.public_key),
        after=_name_of(public_key),
    )


def _name_of(public_key: bytes | None) -> str:
    """A key in a few letters, for people to compare."""
    return sha256(public_key or b"").hexdigest()[:16]


def actor_of_bridge_token(session: Session, token: str, now: datetime) -> Actor | None:
    """The bridge behind an access token; None when it is unknown, too old, or its bridge revoked. Asked every time."""
    row = session.execute(
        select(Bridge.id, Bridge.public_id)
        .join(BridgeToken, BridgeToken.bridge_id == Bridge.id)
        .where(
            BridgeToken.token_hash == _hash(token),
            BridgeToken.expires_at > now,
            Bridge.revoked_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else Actor("bridge", row.id, row.public_id, frozenset({"bridge"}))


def _hash(secret: str) -> bytes:
    """256 random bits need no slow hash."""
    return sha256(secret.encode()).digest()
