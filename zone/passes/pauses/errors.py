"""Refusals of pausing, resuming and extending a pass."""

from typing import Final

from zone.core.errors import declare

PAUSE_BY_STAFF: Final = declare(
    "pause_by_staff",
    409,
    "The desk pauses passes. Ask there, and bring what shows why.",
)
PAUSE_TOO_SOON: Final = declare(
    "pause_too_soon",
    409,
    "A pause can begin on {day} at the earliest. Choose a later first day.",
    fields=("first_day",),
)
PAUSE_OUTSIDE: Final = declare(
    "pause_outside",
    409,
    "The pass is valid from {first} to {last}. Choose days of that time for the pause to begin.",
    fields=("first_day",),
)
PAUSE_LENGTH: Final = declare(
    "pause_length",
    409,
    "A pause lasts {shortest} to {longest} days. Choose another last day.",
    fields=("last_day",),
)
TOO_MANY_PAUSES: Final = declare(
    "too_many_pauses",
    409,
    "This pass has been paused as often as it may be: {most} times. Ask at the desk.",
)
PAUSES_OVERLAP: Final = declare(
    "pauses_overlap",
    409,
    "The pass is paused on some of these days already. Resume it first, or choose other days.",
    fields=("first_day",),
)
PAUSE_NOT_NEEDED: Final = declare(
    "pause_not_needed",
    409,
    "The days of this pass begin with its first use, so it needs no pause before.",
)
NOT_PAUSED: Final = declare(
    "not_paused",
    409,
    "The pass is not paused. Load the page again.",
)
BOOKED_INSIDE: Final = declare(
    "booked_inside",
    409,
    "You have bookings in that time. Cancel them first, or choose other days.",
    fields=("first_day",),
)
EXTENDED_IN_VAIN: Final = declare(
    "extended_in_vain",
    409,
    "The pass ended so long ago that it would still be over. Give more days.",
    fields=("days",),
)
