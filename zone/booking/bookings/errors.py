"""Why a place cannot be booked or cancelled."""

from dataclasses import replace
from typing import Final

from zone.core.errors import declare
from zone.core.i18n import translatable

BOOKING_NOT_OPEN = declare(
    "booking_not_open",
    409,
    "Booking opens {days} days before the start. Come back then.",
)
PLACES_ARE_DRAWN = declare(
    "places_are_drawn",
    409,
    "The places of this session are drawn on {draws_at}, so nobody books them before. Enter the "
    "draw: everybody in it has the same chance.",
)
BOOKING_CLOSED = declare(
    "booking_closed",
    409,
    # Also of courts, which nobody may use without a booking.
    "Booking closed {minutes} minutes before the start. You can still come to a class without "
    "booking, if there is room.",
)
ALREADY_BOOKED = declare(
    "already_booked",
    409,
    "You already have a place in this session. You will find it in your bookings.",
    constraints=("uq_booking_live",),
)
NO_RIGHT = declare(
    "no_right",
    409,
    "Your pass does not cover this session when it starts. Buy or extend a pass to book it.",
)
OUTSIDE_HOURS = declare(
    "outside_hours",
    409,
    "Your pass cannot be used when this starts. The pass says at which hours it can: choose "
    "another time, or buy a pass for all hours.",
)
WRONG_ACTIVITY = declare(
    "wrong_activity",
    409,
    "Your pass is for other classes. Buy a pass that covers this one to book it.",
)
WRONG_ACTIVITY_NAMED: Final = replace(
    WRONG_ACTIVITY,
    english=translatable(
        "Your pass covers only: {covered}. Buy a pass that covers this class to book it."
    ),
)
"""The same refusal to the person, in words that need what their passes cover."""
RIGHT_MISSING: Final = (NO_RIGHT, OUTSIDE_HOURS, WRONG_ACTIVITY)
"""Why no pass of a person covers what they want to book."""
PERSON_SUSPENDED = declare(
    "person_suspended",
    409,
    "Your use of the service is suspended when this session starts, so you cannot book it. Ask "
    "at the desk.",
)
BOOKING_SUSPENDED = declare(
    "booking_suspended",
    409,
    "Booking ahead is paused until {until} because {no_shows} bookings were missed or cancelled "
    "late. You can come to classes without booking.",
)
TOO_MANY_BOOKINGS = declare(
    "too_many_bookings",
    409,
    "You already have {most} open bookings. Cancel one, or wait until it is over.",
)
OVERLAPPING_BOOKING = declare(
    "overlapping_booking",
    409,
    "You have another booking at the same time. Cancel it first, or choose another time.",
)
SESSION_FULL = declare(
    "session_full",
    409,
    "All places that can be booked are taken. Join the queue, try the free sessions, or come "
    "without booking.",
    constraints=("ck_allocation_places",),
)
CANCEL_TOO_LATE = declare(
    "cancel_too_late",
    409,
    "A booking can be cancelled freely until {cancel_minutes} minutes before the start, or within "
    "{take_back} minutes of making it. Until the start you can still cancel it late: if others "
    "want the place, that is a mark.",
)
CANCEL_AFTER_START = declare(
    "cancel_after_start",
    409,
    "It has begun, so the booking can no longer be cancelled. If you could not come, tell us.",
)
