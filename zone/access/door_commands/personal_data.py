"""The tables of door commands that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "door_order",
        ("ordered_by",),
        reason="who opened a door from afar stays known, as in the audit",
    ),
)
