"""Who works at the desk, and the one action that solves each refusal of a door. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from firmware_bridge.wire.reasons import Reason


class Remedy(StrEnum):
    """The one action that solves a refusal; its name is also the part of the person's sheet where it is done."""

    SELL = "sell"
    PHONE = "phone"
    LIFT = "lift"
    BOOK = "book"
    CHECK_IN = "check_in"
    NEW_CODE = "new_code"
    """Nothing for the desk: the person shows the newest code of their pass page."""
    WAIT = "wait"
    REFUSE = "refuse"
    """Nobody gets in now, or not here."""


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
"""A remedy for every refusal."""


def remedy_of(reason: str | None) -> Remedy | None:
    """What to do about a reason as entries keep it; None for a grant, or for one that this version does not know."""
    known = {item.value: item for item in Reason}
    return REMEDIES.get(known[reason]) if reason in known else None


"""Who may work at the desk."""
