"""The tables of tills that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "till",
        ("added_by",),
        reason="who added a till stays known: accounting, 6 years after the accounting year",
    ),
    PersonalData(
        "till_day",
        ("opened_by",),
        reason="who opened a till stays known: accounting, 6 years after the accounting year",
    ),
    PersonalData(
        "cash_movement",
        ("recorded_by",),
        reason="who moved cash stays known: accounting, 6 years after the accounting year",
    ),
    PersonalData(
        "till_close",
        ("closed_by",),
        reason="who closed a till stays known: accounting, 6 years after the accounting year",
    ),
)
