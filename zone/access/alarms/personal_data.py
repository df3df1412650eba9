"""The tables of alarms that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "bridge_alarm",
        ("acknowledged_by",),
        reason="who saw to an alarm stays known, as in the audit",
    ),
)
