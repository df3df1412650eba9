"""The tables of calendar feeds that name people."""

from typing import Final

from zone.booking.calendar_feeds.queries import own_feeds
from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "calendar_feed",
        ("member_id",),
        "calendar_feed",
        own_feeds,
        reason="until the person ends it, as by signing out everywhere, or the desk takes a "
        "lost phone away: their calendar fetches with it",
    ),
)
