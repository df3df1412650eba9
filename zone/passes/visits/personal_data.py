"""The tables of visits that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.passes.visits.queries import own_pass_visits, own_returned_visits

PERSONAL_DATA: Final = (
    PersonalData(
        "pass_visit",
        (),
        "pass_visits",
        own_pass_visits,
        reason="what a pass of so many visits has been used for",
    ),
    PersonalData(
        "pass_visit_return",
        (),
        "returned_visits",
        own_returned_visits,
        reason="which visits of a pass were given back, and why",
    ),
)
