"""The tables of visits that name people."""

from typing import Final

from zone.access.entries.personal_data import DOOR_EVENTS
from zone.access.visits.queries import own_visits
from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("visit", ("member_id",), "visits", own_visits, retention=DOOR_EVENTS),
)
