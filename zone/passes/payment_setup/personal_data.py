"""The tables of payment setup that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "provider_switch",
        ("recorded_by",),
        reason="who offers which payment provider stays known, as in the audit",
    ),
    PersonalData(
        "provider_trial",
        ("recorded_by",),
        reason="who has tried a payment provider stays known, as in the audit",
    ),
)
