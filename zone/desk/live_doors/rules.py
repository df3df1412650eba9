"""The one action that solves each refusal of a door, and whether its cause is gone. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from firmware_bridge.wire.reasons import Reason

_REASONS: Final = {item.value: item for item in Reason}

LOOK: Final = "doors.view"
"""The audit's action of a look at live doors, which name whoever was refused."""


class Remedy(StrEnum):
    """The one action that solves a refusal, and the id of its part of the record's page."""

    SELL = "sell"
    RESUME = "resume"
    PHONE = "phone"
    LIFT = "lift"
    BOOK = "book"
    CHECK_IN = "check_in"
    NEW_CODE = "new_code"
    """Nothing for the desk: the person shows the newest code of their pass."""
    WAIT = "wait"
    REFUSE = "refuse"
    """Nobody is let in now, or not at this door."""


REMEDIES: Final[Mapping[Reason, Remedy]] = MappingProxyType(
    {
        Reason.MALFORMED: Remedy.NEW_CODE,
        Reason.UNKNOWN_TYPE: Remedy.NEW_CODE,
        Reason.UNKNOWN_KEY: Remedy.NEW_CODE,
        Reason.REVOKED: Remedy.PHONE,
        Reason.CLOCK_UNSET: Remedy.CHECK_IN,
        Reason.CODE_EXPIRED: Remedy.NEW_CODE,
        Reason.CODE_FROM_FUTURE: Remedy.NEW_CODE,
        Reason.BAD_SIGNATURE: Remedy.NEW_CODE,
        Reason.REPLAYED: Remedy.NEW_CODE,
        Reason.DOOR_BLOCKED: Remedy.REFUSE,
        Reason.LOCKDOWN: Remedy.REFUSE,
        Reason.CLOSED: Remedy.REFUSE,
        Reason.INTERLOCK: Remedy.WAIT,
        Reason.UNKNOWN_HOLDER: Remedy.WAIT,
        Reason.SUSPENDED: Remedy.LIFT,
        Reason.NO_RIGHT: Remedy.SELL,
        Reason.WRONG_CAMPUS: Remedy.SELL,
        Reason.PAUSED: Remedy.RESUME,
        Reason.OUTSIDE_HOURS: Remedy.SELL,
        Reason.NOT_YET_VALID: Remedy.SELL,
        Reason.EXPIRED: Remedy.SELL,
        Reason.NOT_BOOKED: Remedy.BOOK,
        Reason.RIGHTS_STALE: Remedy.CHECK_IN,
        Reason.ANTI_PASSBACK: Remedy.WAIT,
        Reason.AREA_FULL: Remedy.WAIT,
        Reason.DOOR_FAULT: Remedy.CHECK_IN,
        Reason.JOURNAL_FULL: Remedy.CHECK_IN,
    }
)
"""The remedy of every reason; a test compares it with the list of reasons."""


def remedy_of(reason: str | None) -> Remedy | None:
    """Return what to do about a stored reason; None for a grant or a reason of a newer version."""
    return REMEDIES.get(_REASONS[reason]) if reason in _REASONS else None


class Cause(StrEnum):
    """What a refusal came from, which decides what makes it good."""

    RIGHT = "right"
    """The person lacks a pass or a booking, or is suspended."""
    PHONE = "phone"
    """The pass was taken off the phone."""
    DOOR = "door"
    """The door lets nobody in."""
    SCAN = "scan"
    """The code or the reader: only a scan that succeeds shows that it is over."""


CAUSES: Final[Mapping[Reason, Cause]] = MappingProxyType(
    {
        Reason.MALFORMED: Cause.SCAN,
        Reason.UNKNOWN_TYPE: Cause.SCAN,
        Reason.UNKNOWN_KEY: Cause.SCAN,
        Reason.REVOKED: Cause.PHONE,
        Reason.CLOCK_UNSET: Cause.SCAN,
        Reason.CODE_EXPIRED: Cause.SCAN,
        Reason.CODE_FROM_FUTURE: Cause.SCAN,
        Reason.BAD_SIGNATURE: Cause.SCAN,
        Reason.REPLAYED: Cause.SCAN,
        Reason.DOOR_BLOCKED: Cause.DOOR,
        Reason.LOCKDOWN: Cause.DOOR,
        Reason.CLOSED: Cause.DOOR,
        Reason.INTERLOCK: Cause.SCAN,
        Reason.UNKNOWN_HOLDER: Cause.SCAN,
        Reason.SUSPENDED: Cause.RIGHT,
        Reason.NO_RIGHT: Cause.RIGHT,
        Reason.WRONG_CAMPUS: Cause.RIGHT,
        Reason.PAUSED: Cause.RIGHT,
        Reason.OUTSIDE_HOURS: Cause.RIGHT,
        Reason.NOT_YET_VALID: Cause.RIGHT,
        Reason.EXPIRED: Cause.RIGHT,
        Reason.NOT_BOOKED: Cause.RIGHT,
        Reason.RIGHTS_STALE: Cause.SCAN,
        Reason.ANTI_PASSBACK: Cause.SCAN,
        Reason.AREA_FULL: Cause.SCAN,
        Reason.DOOR_FAULT: Cause.SCAN,
        Reason.JOURNAL_FULL: Cause.SCAN,
    }
)
"""The cause of every reason; a test compares it with the list of reasons."""


@dataclass(frozen=True, slots=True)
class DenialContext:
    """What is true now of a refused person and the door that refused them.

    `let_in_at` is when they last came into the area, by a door or by the desk; `phone_at` is when
    they last set up a phone. `may_enter`: by today's passes, bookings and suspensions the door
    would let them in now, or would have let them in then; its hours aside. `door_open`: the door
    lets people in now.
    """

    refused_at: datetime
    let_in_at: datetime | None
    phone_at: datetime | None
    may_enter: bool
    door_open: bool


def is_settled(reason: str | None, context: DenialContext) -> bool:
    """Return whether a refused person needs no help any more."""
    if _is_later(context.let_in_at, context.refused_at):
        return True
    match cause_of(reason):
        case Cause.RIGHT:
            return context.may_enter
        case Cause.PHONE:
            return _is_later(context.phone_at, context.refused_at)
        case Cause.DOOR:
            return context.door_open
        case _:
            return False


def cause_of(reason: str | None) -> Cause | None:
    """Return the cause of a stored reason; None for a reason of a newer version."""
    return CAUSES.get(_REASONS[reason]) if reason in _REASONS else None


def _is_later(at: datetime | None, than: datetime) -> bool:
    return at is not None and at > than
