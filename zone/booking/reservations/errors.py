"""Why a space cannot be reserved."""

from zone.core.errors import declare

NOT_BOOKABLE = declare(
    "not_bookable",
    409,
    "This cannot be booked in this way. Choose a session from the timetable.",
)
PLACE_CLOSED = declare(
    "place_closed",
    409,
    "The place is closed then. Choose a time within the opening hours.",
)
BAD_BOOKING_TIME = declare(
    "bad_booking_time",
    422,
    "Choose a start on every {step} minutes, and a length in steps of {step} minutes, from "
    "{least} to {longest}.",
    fields=("at", "minutes"),
)
TOO_MANY_SPACE_BOOKINGS = declare(
    "too_many_space_bookings",
    409,
    "You already have {space_open} space bookings to come. Cancel one, or book again when one "
    "is over.",
)
SPACE_WEEK_FULL = declare(
    "space_week_full",
    409,
    "You can book a space for your own use {space_week} times a week. Choose a time in another "
    "week.",
)
TOO_MANY_COMPANIONS = declare(
    "too_many_companions",
    409,
    "You can bring at most {companions} companions here. Bring fewer, or choose another space.",
    fields=("companions",),
)
