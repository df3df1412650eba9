"""The closed set of reason codes of an access decision. Part of the documented interface."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a door opened or stayed closed, in the order in which the checks run."""

    GRANTED = "granted"
    # The text is not a Zone code.
    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    # The key.
    UNKNOWN_KEY = "unknown_key"
    REVOKED = "revoked"
    # The time.
    CLOCK_UNSET = "clock_unset"
    CODE_EXPIRED = "code_expired"
    CODE_FROM_FUTURE = "code_from_future"
    # The signature.
    BAD_SIGNATURE = "bad_signature"
    REPLAYED = "replayed"
    # The door.
    DOOR_BLOCKED = "door_blocked"
    LOCKDOWN = "lockdown"
    CLOSED = "closed"
    # Another door of an airlock is open.
    INTERLOCK = "interlock"
    # The rights.
    UNKNOWN_HOLDER = "unknown_holder"
    SUSPENDED = "suspended"
    NO_RIGHT = "no_right"
    WRONG_CAMPUS = "wrong_campus"
    # The pass would let in now, but its holder has paused it.
    PAUSED = "paused"
    # The pass lets in, but at other hours.
    OUTSIDE_HOURS = "outside_hours"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    NOT_BOOKED = "not_booked"
    RIGHTS_STALE = "rights_stale"
    ANTI_PASSBACK = "anti_passback"
    # So many people are inside as may be.
    AREA_FULL = "area_full"
    # The bridge. DOOR_FAULT: the board of the lock does not answer.
    DOOR_FAULT = "door_fault"
    JOURNAL_FULL = "journal_full"


# Refusals that newer data could change: the bridge asks the server once. Signatures, clocks and
# door states are not among them.
ASKABLE: Final = frozenset(
    {
        Reason.UNKNOWN_KEY,
        Reason.UNKNOWN_HOLDER,
        Reason.NO_RIGHT,
        Reason.PAUSED,
        Reason.OUTSIDE_HOURS,
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.SUSPENDED,
        Reason.WRONG_CAMPUS,
        Reason.NOT_BOOKED,
        Reason.RIGHTS_STALE,
    }
)
