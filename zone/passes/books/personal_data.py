"""The tables of books that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "account_rule",
        ("recorded_by",),
        reason="who set an account stays known, as in the audit",
    ),
)
