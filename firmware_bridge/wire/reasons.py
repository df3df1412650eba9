"""The closed set of reasons a door gives. Refusals are data: the set is part of the documented interface."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a door opened or stayed shut, in the order in which the checks run."""

    GRANTED = "granted"
    # What was shown is no code of ours.
    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    # The key.
    UNKNOWN_KEY = "unknown_key"
    REVOKED = "revoked"
    # The moment.
    CLOCK_UNSET = "clock_unset"
    CODE_EXPIRED = "code_expired"
    CODE_FROM_FUTURE = "code_from_future"
    # The proof.
    BAD_SIGNATURE = "bad_signature"
    REPLAYED = "replayed"
    # The door.
    DOOR_BLOCKED = "door_blocked"
    LOCKDOWN = "lockdown"
    CLOSED = "closed"
    # The rights.
    UNKNOWN_HOLDER = "unknown_holder"
    SUSPENDED = "suspended"
    NO_RIGHT = "no_right"
    WRONG_CAMPUS = "wrong_campus"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    NOT_BOOKED = "not_booked"
    RIGHTS_STALE = "rights_stale"
    ANTI_PASSBACK = "anti_passback"
    # The box.
    JOURNAL_FULL = "journal_full"


ASKABLE: Final = frozenset(
    {
        Reason.UNKNOWN_KEY,
        Reason.UNKNOWN_HOLDER,
        Reason.NO_RIGHT,
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.SUSPENDED,
        Reason.WRONG_CAMPUS,
        Reason.NOT_BOOKED,
        Reason.RIGHTS_STALE,
    }
)
"""Refusals that fresher data could turn; the server is asked once. Proofs, clocks and door states never are."""
