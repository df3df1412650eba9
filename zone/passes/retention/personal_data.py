"""The tables of retention that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.passes.retention.queries import own_pass_origins

PERSONAL_DATA: Final = (
    PersonalData(
        "bookkeeping_rule",
        ("recorded_by",),
        reason="who set how long the books are kept stays known, as in the audit",
    ),
    PersonalData(
        "pass_origin",
        (),
        "pass_origins",
        own_pass_origins,
        reason="through which institution a pass was sold, which target A counts by",
    ),
)
