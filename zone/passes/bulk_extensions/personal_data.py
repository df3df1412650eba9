"""The tables of bulk extensions that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "bulk_extension",
        ("recorded_by",),
        reason="who extended many passes stays known, as in the audit",
    ),
)
