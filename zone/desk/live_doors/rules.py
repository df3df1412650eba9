"""The one action that solves each refusal of a door, and the audit of a look. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from firmware_bridge.wire.reasons import Reason

LOOK: Final = ("doors.view", "doors")
"""The audit's action and object of a look at live doors that name people."""


class Remedy(StrEnum):
    """The one action that solves a refusal, and the id of its part of the record's page."""

    SELL = "sell"
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
        Reason.UNKNOWN_HOLDER: Remedy.WAIT,
        Reason.SUSPENDED: Remedy.LIFT,
        Reason.NO_RIGHT: Remedy.SELL,
        Reason.WRONG_CAMPUS: Remedy.SELL,
        Reason.NOT_YET_VALID: Remedy.SELL,
        Reason.EXPIRED: Remedy.SELL,
        Reason.NOT_BOOKED: Remedy.BOOK,
        Reason.RIGHTS_STALE: Remedy.CHECK_IN,
        Reason.ANTI_PASSBACK: Remedy.WAIT,
        Reason.JOURNAL_FULL: Remedy.CHECK_IN,
    }
)
"""The remedy of every reason; a test compares it with the list of reasons."""


def remedy_of(reason: str | None) -> Remedy | None:
    """Return what to do about a stored reason; None for a grant or a reason of a newer version."""
    reasons = {item.value: item for item in Reason}
    return REMEDIES.get(reasons[reason]) if reason in reasons else None
