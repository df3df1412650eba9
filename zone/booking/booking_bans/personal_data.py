"""The tables of booking bans that name people."""

from typing import Final

from zone.booking.booking_bans.queries import own_bans
from zone.booking.bookings.personal_data import BOOKINGS
from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("booking_ban", ("member_id",), "booking_bans", own_bans, retention=BOOKINGS),
    PersonalData(
        "booking_ban_event",
        ("actor_id",),
        reason="who lifted it stays known, as in the audit",
    ),
)
