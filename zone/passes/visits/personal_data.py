"""The tables of visits that name people."""

from typing import Final

from zone.core.personal_data import PersonalData, Retention
from zone.passes.visits.jobs import FORGET_VISITS
from zone.passes.visits.queries import own_pass_visits, own_returned_visits

_AFTER_PASS: Final = Retention("ZONE_DOOR_EVENT_DAYS from the last day of the pass", FORGET_VISITS)

PERSONAL_DATA: Final = (
    PersonalData(
        "pass_visit",
        (),
        "pass_visits",
        own_pass_visits,
        retention=_AFTER_PASS,
    ),
    PersonalData(
        "pass_visit_return",
        (),
        "returned_visits",
        own_returned_visits,
        retention=_AFTER_PASS,
    ),
)
