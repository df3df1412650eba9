"""The tables of reservations that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "reservation",
        ("made_by",),
        reason="who reserved a space for somebody stays known, as in the audit",
    ),
)
