"""The tables of lotteries that name people."""

from typing import Final

from zone.booking.bookings.personal_data import BOOKINGS
from zone.booking.lotteries.queries import own_entries
from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("lottery_entry", ("member_id",), "draws", own_entries, retention=BOOKINGS),
    PersonalData(
        "lottery",
        ("announced_by_id",),
        reason="who announced a draw stays known, as in the audit",
    ),
    PersonalData(
        "lottery_end",
        ("ended_by_id",),
        reason="who called a draw off stays known, as in the audit",
    ),
)
