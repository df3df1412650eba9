"""The tables of cost shares that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "share_weights",
        ("recorded_by",),
        reason="who set the weights of cost shares stays known, as in the audit",
    ),
    PersonalData(
        "cost_period",
        ("recorded_by",),
        reason="who named a period of cost shares stays known, as in the audit",
    ),
    PersonalData(
        "period_cost",
        ("recorded_by",),
        reason="who set the cost of a period stays known, as in the audit",
    ),
    PersonalData(
        "fixed_shares",
        ("fixed_by",),
        reason="who fixed a report of cost shares stays known, as in the audit",
    ),
)
