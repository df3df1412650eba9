"""The tables of suspensions that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "suspension",
        ("member_id", "recorded_by"),
        reason="earlier suspensions weigh in the next decision",
    ),
)
