"""The access decision: may this code open this door now?

The bridge calls it at the door, and the server calls it to answer the same question. It is pure:
everything it needs is in `DoorContext`, and the time is an argument.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_bridge.wire import token as codes
from firmware_bridge.wire import version
from firmware_bridge.wire.messages.changes import FRESH_SECONDS, SENSITIVE_FRESH_SECONDS
from firmware_bridge.wire.messages.holders import Holder, Key, Right
from firmware_bridge.wire.messages.site import Area, Door
from firmware_bridge.wire.reasons import ASKABLE, Reason
from firmware_bridge.wire.token import Token, TokenError


@dataclass(frozen=True, slots=True)
class DoorContext:
    """Input of `decide`. Times are UTC seconds.

    `token` is the parsed code, or the error from parsing it.
    `replayed`: this (kid, ts, area) was granted before; on the way out, granted on a way out.
    `last_grant`: when this person was last granted entry to this area, by any of their keys.
    `last_left`: when they last left it by a reader on the way out. `people_inside`: how many count
    as inside the area, and `is_inside` whether this person does.
    `roster_at`: when the server last answered, if ever.
    """

    token: Token | TokenError
    door: Door
    key: Key | None
    holder: Holder | None
    issuers: Mapping[int, Ed25519PublicKey] = field(default_factory=dict)
    clock_set: bool = True
    replayed: bool = False
    last_grant: float | None = None
    last_left: float | None = None
    people_inside: int = 0
    is_inside: bool = False
    roster_at: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Result of `decide`. `kid` and `holder` are set only when a signature proved them.

    `passback`: the person came into this area within the anti-passback time. `more_time`: the door
    is to stay open longer for them. `leaving`: they are on the way out.
    """

    granted: bool
    reason: Reason
    kid: bytes | None = None
    holder: int | None = None
    passback: bool = False
    duress: bool = False
    more_time: bool = False
    leaving: bool = False

    @property
    def askable(self) -> bool:
        """Whether newer data from the server could change this refusal."""
        return self.reason in ASKABLE


def decide(context: DoorContext, now: float) -> Decision:
    """Decide whether one code opens one door at `now` (UTC seconds).

    The first failing check gives the reason. Order: parsing, key known and not revoked, time
    window, signature, replay, door state, rights, anti-passback, limit of people. On the way out it
    ends with replay: nobody is kept in, whatever they may do and whatever state the door is in.
    """
    if isinstance(context.token, TokenError):
        return Decision(False, context.token.reason)
    token = context.token
    reason = _check_proof(context, token, now)
    if reason is not None:
        return Decision(False, reason)
    leaving = context.door.direction == "out"
    passback = not leaving and _passed_recently(context, now)
    reason = Reason.REPLAYED if context.replayed else None
    if reason is None and not leaving:
        reason = (
            _check_door(context.door, now)
            or _check_holder(context, now)
            or (_check_passback(context, now) if passback else None)
            or _check_limit(context)
        )
    more_time = context.holder is not None and context.holder.more_time
    return Decision(
        reason is None,
        reason or Reason.GRANTED,
        token.kid,
        _holder_of(context, token),
        passback,
        token.duress,
        more_time,
        leaving,
    )


def _check_proof(context: DoorContext, token: Token, now: float) -> Reason | None:
    """Check that an accepted key signed this code within the time window."""
    # Cheap checks first: verifying the signature takes 160 of the 200 µs of a decision.
    if context.key is not None and context.key.revoked:
        return Reason.REVOKED
    if context.key is None and token.cert is None:
        return Reason.UNKNOWN_KEY
    if not context.clock_set:
        return Reason.CLOCK_UNSET
    moment = codes.check_time(token.ts, now)
    if moment is not None:
        return moment
    if context.key is not None:
        # The key is in the roster, so a certificate in the code is not looked at.
        return None if codes.signed_by(context.key.point, token) else Reason.BAD_SIGNATURE
    return _check_new_key(context, token, now)


def _check_new_key(context: DoorContext, token: Token, now: float) -> Reason | None:
    """Check a key that is not in the roster by the server's certificate in the code."""
    if token.cert is None:
        return Reason.UNKNOWN_KEY
    refused = codes.verify_certificate(token.cert, context.issuers, now)
    return refused or (None if codes.signed_by(token.cert.point, token) else Reason.BAD_SIGNATURE)


def _holder_of(context: DoorContext, token: Token) -> int | None:
    if context.holder is not None:
        return context.holder.holder
    return token.cert.holder if token.cert is not None else None


def _check_door(door: Door, now: float) -> Reason | None:
    state = version.state_for(door.state, version.WIRE)
    if state == "lockdown":
        return Reason.LOCKDOWN
    if state == "blocked":
        return Reason.DOOR_BLOCKED
    windows = door.area.windows
    if windows is not None and not any(start <= now < end for start, end in windows):
        return Reason.CLOSED
    return None


def _check_holder(context: DoorContext, now: float) -> Reason | None:
    holder, area = context.holder, context.door.area
    if holder is None:
        return Reason.UNKNOWN_HOLDER
    if holder.suspended:
        return Reason.SUSPENDED
    if _roster_age(context, now) > (SENSITIVE_FRESH_SECONDS if area.sensitive else FRESH_SECONDS):
        return Reason.RIGHTS_STALE
    reason = _check_rights(holder, area, now)
    if reason is None and area.needs_booking:
        booked = any(slot.area == area.area and slot.nbf <= now < slot.exp for slot in holder.slots)
        return None if booked else Reason.NOT_BOOKED
    return reason


def _check_rights(holder: Holder, area: Area, now: float) -> Reason | None:
    """None when a right covers the area now, else the reason that came closest to a grant."""
    if any(_holds(right, now) for right in _at_campus(holder.rights, area)):
        return None
    # Before what begins later: a pass goes on behind its pause.
    if any(_holds(pause, now) for pause in _at_campus(holder.pauses, area)):
        return Reason.PAUSED
    # A pass for some hours, or for what is booked, has rights in those times only.
    if any(_holds(right, now) for right in _at_campus(holder.hours, area)):
        return Reason.OUTSIDE_HOURS
    if any(_holds(right, now) for right in _at_campus(holder.sessions, area)):
        return Reason.NOT_BOOKED
    if not any(right.kind in area.kinds for right in holder.rights):
        return Reason.NO_RIGHT
    at_campus = _at_campus(holder.rights, area)
    if not at_campus:
        return Reason.WRONG_CAMPUS
    return Reason.NOT_YET_VALID if any(now < right.nbf for right in at_campus) else Reason.EXPIRED


def _at_campus(rights: Sequence[Right], area: Area) -> list[Right]:
    """The rights of the area's kinds that hold at its campus, at any time."""
    return [
        right
        for right in rights
        if right.kind in area.kinds and (not right.campuses or area.campus in right.campuses)
    ]


def _holds(right: Right, now: float) -> bool:
    return right.nbf <= now < right.exp


def _passed_recently(context: DoorContext, now: float) -> bool:
    area = context.door.area
    if area.passback == "off" or context.last_grant is None:
        return False
    # Who has left may come in again at once, but not where the time alone counts.
    left = context.last_left is not None and context.last_left >= context.last_grant
    if left and area.passback != "timed":
        return False
    return now - context.last_grant < area.passback_seconds


def _check_passback(context: DoorContext, now: float) -> Reason | None:
    # Timed and hard anti-passback refuse only while the roster is fresh; later they only mark the
    # entry, as the soft rule always does.
    mode = version.passback_for(context.door.area.passback, version.WIRE)
    refuses = mode in ("timed", "hard") and _roster_age(context, now) < FRESH_SECONDS
    return Reason.ANTI_PASSBACK if refuses else None


def _check_limit(context: DoorContext) -> Reason | None:
    limit = context.door.area.occupancy_limit
    # Who is inside takes no place anew.
    full = limit is not None and not context.is_inside and context.people_inside >= limit
    return Reason.AREA_FULL if full else None


def _roster_age(context: DoorContext, now: float) -> float:
    # None before the first contact: then the roster is empty, and no right can be too old.
    return now - context.roster_at if context.roster_at is not None else 0.0
