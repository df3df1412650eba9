"""The numbers by which other systems know what happens at a door: those of BACnet.

ASHRAE 135, clause 21: BACnetAccessEvent for what came of a credential, BACnetDoorAlarmState for
what is wrong with a door.
"""

from collections.abc import Mapping
from typing import Final

from firmware_bridge.wire.reasons import Reason

GRANTED: Final = 1
PASSBACK_DETECTED: Final = 3
DURESS: Final = 4
NO_ENTRY_AFTER_GRANTED: Final = 16
DENIED_OTHER: Final = 164
"""Denied for a reason that the standard does not have: ours says which."""
DENIED: Final[Mapping[Reason, int]] = {
    Reason.DOOR_BLOCKED: 128,  # deny all
    Reason.MALFORMED: 129,  # unknown credential
    Reason.UNKNOWN_TYPE: 129,
    Reason.UNKNOWN_KEY: 129,
    Reason.UNKNOWN_HOLDER: 129,
    Reason.BAD_SIGNATURE: 132,  # incorrect authentication factor
    Reason.NO_RIGHT: 135,  # no access rights
    Reason.WRONG_CAMPUS: 135,
    Reason.NOT_BOOKED: 135,
    Reason.CLOSED: 136,  # out of time range
    Reason.OUTSIDE_HOURS: 136,
    Reason.LOCKDOWN: 137,  # threat level
    Reason.ANTI_PASSBACK: 138,
    Reason.AREA_FULL: 142,  # upper occupancy limit
    Reason.NOT_YET_VALID: 151,
    Reason.EXPIRED: 152,
    Reason.REVOKED: 153,  # manual disable
    Reason.SUSPENDED: 153,
    Reason.PAUSED: 153,
}
DOOR_ALARMS: Final[Mapping[str, int]] = {
    "held_open_warning": 2,  # open too long
    "held_open": 2,
    "forced_open": 3,
    "relay_fault": 5,  # door fault
    "exit_request": 8,  # egress open
}
"""By the kind of an entry."""


def access_event(reason: Reason, *, duress: bool = False, passback: bool = False) -> int:
    """Return the BACnetAccessEvent of a decision; `passback`: detected, and let in all the same."""
    if reason is not Reason.GRANTED:
        return DENIED.get(reason, DENIED_OTHER)
    if duress:
        return DURESS
    return PASSBACK_DETECTED if passback else GRANTED
