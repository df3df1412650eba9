"""The tables of attendance that name people."""

from typing import Final

from zone.access.entries.personal_data import DOOR_EVENTS
from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("attendance", ("member_id",), retention=DOOR_EVENTS),
    PersonalData("sighting", ("member_id",), retention=DOOR_EVENTS),
    PersonalData(
        "sighting",
        ("seen_by",),
        reason="who saw a person at a session stays known, as in the audit",
    ),
    PersonalData(
        "head_count",
        ("counted_by",),
        reason="who counted the people at a session stays known, as in the audit",
    ),
)
