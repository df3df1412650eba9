"""The only code that says yes or no: at the door, and on the server when it must judge the same question.

Pure: everything it needs is in `Facts`, and the time is an argument. The checks run cheap first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages.roster import (
    FRESH_SECONDS,
    SENSITIVE_FRESH_SECONDS,
    Area,
    Door,
    Holder,
    Key,
    Right,
)
from firmware_bridge.wire.reasons import ASKABLE, Reason
from firmware_bridge.wire.token import Token, TokenError


@dataclass(frozen=True, slots=True)
class DoorContext:
    """What is known when a code is shown. Times are UTC seconds.

    `token` is the parsed code, or the error of parsing it. `replayed`: this (kid, ts, area) was granted before.
    `last_grant`: when this key was last let through this area, if ever. `roster_at`: when the server last spoke.
    """

    token: Token | TokenError
    door: Door
    key: Key | None
    holder: Holder | None
    issuers: Mapping[int, Ed25519PublicKey] = field(default_factory=dict)
    clock_set: bool = True
    replayed: bool = False
    last_grant: float | None = None
    roster_at: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, and why. `kid` and `holder` are set only when proven by a signature.

    `passback` marks a grant that the soft anti-passback rule noticed.
    """

    granted: bool
    reason: Reason
    kid: bytes | None = None
    holder: int | None = None
    passback: bool = False
    duress: bool = False

    @property
    def askable(self) -> bool:
        """Whether fresher data could turn this refusal."""
        return self.reason in ASKABLE


def decide(facts: DoorContext, now: float) -> Decision:
    """Judge one code at one door at `now` (UTC seconds).

    Order: parsed, key known and not revoked, time window, signature, replay, door, rights, anti-passback.
    """
    if isinstance(facts.token, TokenError):
        return Decision(False, facts.token.reason)
    token = facts.token
    reason = _check_proof(facts, token, now)
    if reason is not None:
        return Decision(False, reason)
    holder = _holder_of(facts, token)
    reason = (
        (Reason.REPLAYED if facts.replayed else None)
        or _check_door(facts.door, now)
        or _check_holder(facts, now)
    )
    again = _passed_recently(facts, now)
    if (
        reason is None
        and again
        and facts.door.area.passback == "hard"
        and _roster_age(facts, now) < FRESH_SECONDS
    ):
        reason = Reason.ANTI_PASSBACK
    return Decision(
        reason is None, reason or Reason.GRANTED, token.kid, holder, again, token.duress
    )


def _check_proof(facts: DoorContext, token: Token, now: float) -> Reason | None:
    """That a phone holding a key we accept made this code just now."""
    if facts.key is not None and facts.key.revoked:
        return Reason.REVOKED
    if facts.key is None and token.cert is None:
        return Reason.UNKNOWN_KEY
    if not facts.clock_set:
        return Reason.CLOCK_UNSET
    moment = codes.check_moment(token.ts, now)
    if moment is not None:
        return moment
    if facts.key is not None:  # the roster vouches for the key; a certificate could add nothing
        return None if _signed_by(facts.key.point, token) else Reason.BAD_SIGNATURE
    return _check_new_key(facts, token, now)


def _check_new_key(facts: DoorContext, token: Token, now: float) -> Reason | None:
    """That the server vouches, by its certificate, for a key that the roster does not know yet."""
    if token.cert is None:
        return Reason.UNKNOWN_KEY
    refused = codes.verify_certificate(token.cert, facts.issuers, now)
    return refused or (None if _signed_by(token.cert.point, token) else Reason.BAD_SIGNATURE)


def _signed_by(point: bytes, token: Token) -> bool:
    """A roster row may carry 33 bytes that are no point of the curve: nothing was ever signed by those."""
    try:
        key = codes.load_point(point)
    except ValueError:
        return False
    return codes.verify_possession(token, key)


def _holder_of(facts: DoorContext, token: Token) -> int | None:
    if facts.holder is not None:
        return facts.holder.holder
    return token.cert.holder if token.cert is not None else None


def _check_door(door: Door, now: float) -> Reason | None:
    if door.state == "lockdown":
        return Reason.LOCKDOWN
    if door.state == "blocked":
        return Reason.DOOR_BLOCKED
    windows = door.area.windows
    if windows is not None and not any(start <= now < end for start, end in windows):
        return Reason.CLOSED
    return None


def _check_holder(facts: DoorContext, now: float) -> Reason | None:
    holder, area = facts.holder, facts.door.area
    if holder is None:
        return Reason.UNKNOWN_HOLDER
    if holder.suspended:
        return Reason.SUSPENDED
    if _roster_age(facts, now) > (SENSITIVE_FRESH_SECONDS if area.sensitive else FRESH_SECONDS):
        return Reason.RIGHTS_STALE
    reason = _check_rights(holder.rights, area, now)
    if reason is None and area.needs_booking:
        booked = any(slot.area == area.area and slot.nbf <= now < slot.exp for slot in holder.slots)
        return None if booked else Reason.NOT_BOOKED
    return reason


def _check_rights(rights: tuple[Right, ...], area: Area, now: float) -> Reason | None:
    """The nearest miss is the reason: of the right kind, then at this campus, then at this time."""
    of_kind = [right for right in rights if right.kind in area.kinds]
    if not of_kind:
        return Reason.NO_RIGHT
    here = [right for right in of_kind if not right.campuses or area.campus in right.campuses]
    if not here:
        return Reason.WRONG_CAMPUS
    if any(right.nbf <= now < right.exp for right in here):
        return None
    return Reason.NOT_YET_VALID if any(now < right.nbf for right in here) else Reason.EXPIRED


def _passed_recently(facts: DoorContext, now: float) -> bool:
    area = facts.door.area
    if area.passback == "off" or facts.last_grant is None:
        return False
    return now - facts.last_grant < area.passback_seconds


def _roster_age(facts: DoorContext, now: float) -> float:
    return now - facts.roster_at if facts.roster_at is not None else 0.0
