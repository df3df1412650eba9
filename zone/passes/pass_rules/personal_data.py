"""The tables of pass rules that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "pass_rule",
        ("recorded_by",),
        reason="who set a rule of passes stays known, as in the audit",
    ),
)
