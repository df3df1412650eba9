"""The tables of passes that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.passes.passes.queries import own_pass_events, own_passes

PERSONAL_DATA: Final = (
    PersonalData(
        "pass",
        ("member_id",),
        "passes",
        own_passes,
        reason="the right itself; receipts refer to it",
    ),
    PersonalData(
        "pass_event",
        (),
        "pass_events",
        own_pass_events,
        reason="the history of a pass, which target A counts",
    ),
)
