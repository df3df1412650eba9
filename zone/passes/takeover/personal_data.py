"""The tables of takeover that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.passes.takeover.queries import own_taken_over_cards, own_taken_over_passes

PERSONAL_DATA: Final = (
    PersonalData(
        "taken_over_pass",
        ("recorded_by",),
        "taken_over_passes",
        own_taken_over_passes,
        reason="which system sold the pass, and who took it over",
    ),
    PersonalData(
        "taken_over_card",
        ("member_id",),
        "taken_over_cards",
        own_taken_over_cards,
        reason="the desk finds the holder of an old card by its number",
    ),
)
