"""The tables of entries that name people."""

from typing import Final

from zone.core.personal_data import PersonalData, Retention

DOOR_EVENTS: Final = Retention("ZONE_DOOR_EVENT_DAYS", "access.forget_people")

PERSONAL_DATA: Final = (
    PersonalData("entry", ("holder", "kid"), retention=DOOR_EVENTS),
    PersonalData("used_code", ("kid",), retention=DOOR_EVENTS),
)
