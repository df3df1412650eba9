"""The tables of shutdowns that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "door_shutdown",
        ("shut_by", "lifted_by"),
        reason="who shut doors stays known, as in the audit",
    ),
)
