"""The tables of settlements that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "settlement_row",
        ("recorded_by",),
        reason="who stored what a provider paid out stays known, as in the audit",
    ),
)
