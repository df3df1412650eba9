"""The tables of attendance marks that name people."""

from typing import Final

from zone.booking.attendance_marks.queries import own_marks
from zone.booking.bookings.personal_data import BOOKINGS
from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("attendance_mark", ("member_id",), "marks", own_marks, retention=BOOKINGS),
    PersonalData(
        "attendance_mark_event",
        ("actor_id",),
        reason="who excused or decided stays known, as in the audit",
    ),
)
