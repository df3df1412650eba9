"""The tables of reconciliation that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "difference_fix",
        ("recorded_by",),
        reason="who has mended a difference with a provider stays known, as in the audit",
    ),
    PersonalData(
        "difference_fix_request",
        ("requested_by",),
        reason="who has asked for money to be given back stays known, as in the audit",
    ),
    PersonalData(
        "difference_fix_decision",
        ("requested_by", "decided_by"),
        reason="who asked for money to be given back and who confirmed it stays known",
    ),
    PersonalData(
        "difference_note",
        ("recorded_by",),
        reason="who has settled a difference with a provider stays known, as in the audit",
    ),
)
