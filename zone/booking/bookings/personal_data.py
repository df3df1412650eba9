"""The tables of bookings that name people."""

from typing import Final

from zone.booking.bookings.queries import own_bookings
from zone.core.personal_data import PersonalData, Retention

BOOKINGS: Final = Retention(
    "ZONE_DOOR_EVENT_DAYS from the end of the session; a booking with a mark that counts until the "
    "next term, 365 days at most",
    "booking.forget_people",
)

PERSONAL_DATA: Final = (
    PersonalData("booking", ("member_id",), "bookings", own_bookings, retention=BOOKINGS),
)
