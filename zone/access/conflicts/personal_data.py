"""The tables of conflicts that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "door_conflict",
        ("seen_by",),
        reason="who saw to a conflict stays known, as in the audit",
    ),
)
