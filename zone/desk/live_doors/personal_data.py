"""The tables of live doors that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "handled_denial",
        ("actor_id",),
        reason="who at the desk saw to a refusal stays known, as in the audit",
    ),
)
