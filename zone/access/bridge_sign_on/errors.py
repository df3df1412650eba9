"""Refusals that a bridge gets when it enrols, signs on or sends a message."""

from zone.core.errors import declare

BRIDGE_UNKNOWN = declare(
    "bridge_unknown",
    401,
    "The bridge could not sign on. Check its enrolment, or make a new enrolment token for it.",
)
ENROLMENT_INVALID = declare(
    "enrolment_invalid",
    401,
    "The enrolment code is wrong, was used or has expired. Make a new one and use it within 15 "
    "minutes.",
)
BRIDGE_ENROLLED = declare(
    "bridge_enrolled",
    409,
    "This bridge is enrolled or revoked. Make a new bridge for a replaced box.",
)
KEY_IN_USE = declare(
    "bridge_key_in_use",
    409,
    "Another bridge already uses this key. Clear the box and enrol it again.",
    constraints=("uq_bridge_public_key", "uq_bridge_next_public_key"),
)
MESSAGE_INVALID = declare(
    "message_invalid",
    400,
    "The bridge's message could not be read: {what}. Update the software of the bridge.",
)
