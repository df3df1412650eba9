"""The tables of waitlist that name people."""

from typing import Final

from zone.booking.bookings.personal_data import BOOKINGS
from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (PersonalData("queue_entry", ("member_id",), retention=BOOKINGS),)
