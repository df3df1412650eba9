"""The tables of audit that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "audit",
        ("actor_id", "object_id"),
        reason="who did what to whom: the evidence of staff actions",
    ),
)
