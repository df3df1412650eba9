"""Why a booking cannot be moved to another session."""

from zone.core.errors import declare

OTHER_ACTIVITY = declare(
    "other_activity",
    422,
    "A booking can be moved to another time of the same class only. Cancel it, and book the other "
    "class.",
    fields=("session",),
)
BOOKING_ENDED = declare(
    "booking_ended",
    409,
    "This booking has ended already. Book the other time directly.",
)
