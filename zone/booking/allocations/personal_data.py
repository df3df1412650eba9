"""The tables of allocations that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "allocation_event",
        ("actor_id",),
        reason="who cancelled a class stays known, as in the audit",
    ),
)
