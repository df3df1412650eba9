"""Enrol bridges, sign them on and rotate their keys. Never commits.

1. Staff create a bridge and get a one-time enrolment token, and a short code to type instead.
2. The box makes a key pair and enrols its public key with either.
3. To sign on, the box signs a challenge with its key, and gets an access token for 15 minutes.
4. To rotate, the box announces a new key; the old one works until the new one first signs on.

Secrets are stored as hashes.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.enrol import (
    CODE_ALPHABET,
    CODE_CHARS,
    format_code,
    read_code,
    rotate_message,
    sign_on_message,
)
from firmware_bridge.wire.version import CODE_WIRE, FIRST_WIRE
from zone.access.bridge_sign_on.errors import (
    BRIDGE_ENROLLED,
    BRIDGE_UNKNOWN,
    ENROLMENT_INVALID,
    KEY_IN_USE,
)
from zone.access.bridge_sign_on.models import BridgeChallenge, BridgeEnrolment, BridgeToken
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import BEFORE_ENROLMENT
from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.ids import new_code, new_secret
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.core.row_records.service import write_recorded

ENROL_WITHIN: Final = timedelta(minutes=15)
ANSWER_WITHIN: Final = timedelta(seconds=60)
TOKEN_LIVES: Final = timedelta(minutes=15)

# Wrong codes, of one address and of all. A code lives for two windows at most, in which 4,000 are
# wrong: with 100 codes in force one guess is right with a probability of 3.5e-13. Who makes so many
# mistakes holds up codes alone: tokens, in QR codes, cannot be guessed and are not counted.
WRONG_CODES: Final = Limit("enrolment-code", 20, ENROL_WITHIN)
ALL_WRONG_CODES: Final = Limit("enrolment-codes", 2000, ENROL_WITHIN)


@dataclass(frozen=True, slots=True)
class BridgeInvitation:
    """The secrets by which one box becomes a bridge, until `expires_at`: either works once.

    `token` goes into a QR code, `code` is typed (see `firmware_bridge.wire.messages.enrol`).
    """

    token: str
    code: str
    expires_at: datetime


def invite(session: Session, bridge: Bridge, now: datetime) -> BridgeInvitation:
    """Return a new token and a new code of a bridge that is not enrolled; earlier ones end.

    The caller authorises and audits.

    Raises:
        DomainError: bridge_enrolled.
    """
    token, code = enrolment_token(session, bridge, now), new_code(CODE_ALPHABET, CODE_CHARS)
    return BridgeInvitation(
        token, format_code(code), _add_secret(session, bridge, code, now).expires_at
    )


def count_code(session: Session, token: str, address: str, now: datetime) -> None:
    """Count the try of a code before it is compared; a token is not counted.

    Call it in a transaction of its own, and `release_code` after a code that was right.

    Raises:
        DomainError: too_many_requests.
    """
    if read_code(token) is not None:
        rate_limit.count_attempt(session, WRONG_CODES, address, now)
        rate_limit.count_attempt(session, ALL_WRONG_CODES, "", now)


def release_code(session: Session, token: str, address: str, now: datetime) -> None:
    """Take back the count of a code that was right."""
    if read_code(token) is not None:
        rate_limit.release_attempt(session, WRONG_CODES, address, now)
        rate_limit.release_attempt(session, ALL_WRONG_CODES, "", now)


def enrolment_token(session: Session, bridge: Bridge, now: datetime) -> str:
    """Return a new enrolment token of a bridge that is not enrolled; earlier ones end.

    The caller authorises and audits.

    Raises:
        DomainError: bridge_enrolled.
    """
    if bridge.enrolled_at is not None or bridge.revoked_at is not None:
        raise DomainError(BRIDGE_ENROLLED)
    # Earlier tokens end, so that a token that was lost or seen by others cannot be used.
    write_recorded(session, delete(BridgeEnrolment).where(BridgeEnrolment.bridge_id == bridge.id))
    token = new_secret()
    _add_secret(session, bridge, token, now)
    return token


def _add_secret(session: Session, bridge: Bridge, secret: str, now: datetime) -> BridgeEnrolment:
    row = BridgeEnrolment(
        bridge_id=bridge.id, token_hash=_hash(secret), expires_at=now + ENROL_WITHIN
    )
    session.add(row)
    session.flush()
    return row


def enrol(session: Session, *, token: str, public_key: bytes, now: datetime) -> Bridge:
    """Enrol the device with this public key (Ed25519, 32 bytes) as the bridge of the token.

    `token` may be the code, as it was typed. The same device may send it again: its answer was
    lost.

    Raises:
        DomainError: enrolment_invalid (unknown, used or expired), bridge_enrolled,
            bridge_key_in_use.
    """
    secret = _hash(read_code(token) or token)
    # A conditional UPDATE: of two boxes that use the token at once, one gets the row.
    bridge_id = session.scalar(
        update(BridgeEnrolment)
        .where(
            BridgeEnrolment.token_hash == secret,
            BridgeEnrolment.used_at.is_(None),
            BridgeEnrolment.expires_at > now,
        )
        .values(used_at=now)
        .returning(BridgeEnrolment.bridge_id)
    )
    if bridge_id is None:
        return _enrolled_before(session, secret, public_key, now)
    # The lock lets a second enrolment or a revocation at the same time see this one.
    bridge = session.get_one(Bridge, bridge_id, with_for_update=True)
    if bridge.enrolled_at is not None or bridge.revoked_at is not None:
        raise DomainError(BRIDGE_ENROLLED)
    # The flush is where the unique key refuses a device that is another bridge already.
    bridge.public_key, bridge.enrolled_at = public_key, now
    session.flush()
    return bridge


def _enrolled_before(session: Session, secret: bytes, public_key: bytes, now: datetime) -> Bridge:
    """Return the bridge that this device has become by the secret, before its answer was lost."""
    bridge = session.scalar(
        select(Bridge)
        .join(BridgeEnrolment, BridgeEnrolment.bridge_id == Bridge.id)
        .where(
            BridgeEnrolment.token_hash == secret,
            BridgeEnrolment.expires_at > now,
            Bridge.public_key == public_key,
            Bridge.revoked_at.is_(None),
        )
    )
    if bridge is None:
        raise DomainError(ENROLMENT_INVALID)
    return bridge


def challenge(session: Session, bridge: uuid.UUID, now: datetime) -> str:
    """Return a text that the bridge must sign within 60 seconds.

    Raises:
        DomainError: bridge_unknown (never enrolled).
    """
    # Of a revoked one too: only who holds its key is told that it is revoked.
    row = session.scalar(
        select(Bridge).where(Bridge.public_id == bridge, Bridge.public_key.is_not(None))
    )
    if row is None:
        raise DomainError(BRIDGE_UNKNOWN)
    # Expired rows only: a bridge may have two challenges if an answer was lost.
    session.execute(
        delete(BridgeChallenge).where(
            BridgeChallenge.bridge_id == row.id, BridgeChallenge.expires_at <= now
        )
    )
    text = new_secret()
    session.add(
        BridgeChallenge(
            bridge_id=row.id, challenge_hash=_hash(text), expires_at=now + ANSWER_WITHIN
        )
    )
    session.flush()
    return text


def sign_on(
    session: Session,
    *,
    bridge: uuid.UUID,
    challenge: str,
    signature: bytes,
    now: datetime,
    wire: int = FIRST_WIRE,
) -> str:
    """Return an access token for 15 minutes, for a challenge signed with the bridge's key.

    `wire` is the version of the messages that the bridge speaks from now on.

    Raises:
        DomainError: bridge_unknown, whatever was wrong.
    """
    row = _enrolled(session, bridge)
    message = sign_on_message(str(row.public_id), challenge)
    # Used up by the sign-on that succeeds: of two with one challenge the second finds none. After a
    # wrong signature it is rolled back and stays: that helps nobody to guess another one.
    if not _use_challenge(session, row.id, challenge, now) or not _signed_by_bridge(
        session, row, message, signature
    ):
        raise DomainError(BRIDGE_UNKNOWN)
    ended = (BridgeToken.bridge_id == row.id) & (BridgeToken.expires_at <= now)
    write_recorded(session, delete(BridgeToken).where(ended))
    # At each sign-on: the bridge may have been updated since the last one, or set back.
    row.wire = wire
    if wire >= CODE_WIRE and row.proves_since is None:
        row.proves_since = _first_proof(row, now)
    token = new_secret()
    session.add(
        BridgeToken(bridge_id=row.id, token_hash=_hash(token), expires_at=now + TOKEN_LIVES)
    )
    session.flush()
    return token


def is_revoked(
    session: Session, bridge: uuid.UUID, challenge: str, signature: bytes, now: datetime
) -> bool:
    """Return whether this is a revoked bridge, which proves by its key that it is the one."""
    row = session.scalar(
        select(Bridge).where(Bridge.public_id == bridge, Bridge.revoked_at.is_not(None))
    )
    if row is None:
        return False
    message = sign_on_message(str(row.public_id), challenge)
    keys = (row.public_key, row.next_public_key)
    return any(_signed(key, message, signature) for key in keys) and _use_challenge(
        session, row.id, challenge, now
    )


def _first_proof(bridge: Bridge, now: datetime) -> datetime:
    """From when on the bridge can prove its entries; it never was of an older version if unseen."""
    if bridge.seen_at is None and bridge.enrolled_at is not None:
        return bridge.enrolled_at - BEFORE_ENROLMENT
    return now


def _enrolled(session: Session, bridge: uuid.UUID) -> Bridge:
    row = session.scalar(
        select(Bridge).where(
            Bridge.public_id == bridge, Bridge.public_key.is_not(None), Bridge.revoked_at.is_(None)
        )
    )
    if row is None:
        raise DomainError(BRIDGE_UNKNOWN)
    return row


def _use_challenge(session: Session, bridge_id: int, challenge: str, now: datetime) -> bool:
    # DELETE with RETURNING: of two requests with one challenge, one gets the row.
    used = session.scalar(
        delete(BridgeChallenge)
        .where(
            BridgeChallenge.bridge_id == bridge_id,
            BridgeChallenge.challenge_hash == _hash(challenge),
            BridgeChallenge.expires_at > now,
        )
        .returning(BridgeChallenge.id)
    )
    return used is not None


def _signed_by_bridge(session: Session, bridge: Bridge, message: bytes, signature: bytes) -> bool:
    """Return whether the bridge's key made the signature, or the next key.

    The first use of the next key makes it the bridge's key, and ends all access tokens.
    """
    # The present key first: while it is in use, the next one stays announced and unused.
    if _signed(bridge.public_key, message, signature):
        return True
    if not _signed(bridge.next_public_key, message, signature):
        return False
    bridge.public_key, bridge.next_public_key = bridge.next_public_key, None
    # A token that was got with the old key must not outlive it.
    write_recorded(session, delete(BridgeToken).where(BridgeToken.bridge_id == bridge.id))
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
    """Store a new device key (Ed25519, 32 bytes); the old one works until the new one signs on.

    `signature` proves that the box holds the new key. Sending it again changes nothing.

    Raises:
        DomainError: bridge_unknown (the signature is not the new key's), bridge_key_in_use.
    """
    bridge = session.get_one(Bridge, bridge_id, with_for_update=True)
    if not _signed(public_key, rotate_message(str(bridge.public_id), public_key), signature):
        raise DomainError(BRIDGE_UNKNOWN)
    if public_key == bridge.public_key:
        return
    # Checked here, because the unique constraint of `public_key` would fail only at the first use.
    if session.scalar(select(Bridge.id).where(Bridge.public_key == public_key)) is not None:
        raise DomainError(KEY_IN_USE)
    bridge.next_public_key = public_key
    session.flush()
    record_action(
        session,
        actor_id=None,
        action="bridge.rotate",
        object_kind="bridge",
        object_id=bridge.public_id,
        now=now,
        before=_fingerprint(bridge.public_key),
        after=_fingerprint(public_key),
    )


def _fingerprint(public_key: bytes | None) -> str:
    """Return the first 16 hexadecimal digits of the key's SHA-256, for people to compare."""
    return sha256(public_key or b"").hexdigest()[:16]


def actor_of_bridge_token(session: Session, token: str, now: datetime) -> Actor | None:
    """Return the bridge of an access token; None if the token is unknown or expired, or revoked.

    It is read from the database at each request, so that revoking a bridge works at once.
    """
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
    # Not a slow hash: tokens are 256 random bits. A code of 60 is over in 15 minutes; to find it
    # from its hash in that time takes 1.3e15 hashes a second.
    return sha256(secret.encode()).digest()
