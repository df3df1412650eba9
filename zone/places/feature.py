"""The feature of places: campuses, spaces, opening hours, terms, public holidays."""

from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission
from zone.web.feature import Feature, ManageItem
from zone.web.leaves import leaves_of

FEATURE: Final = Feature(
    name="places",
    leaves=leaves_of("places"),
    manage=(
        ManageItem(
            "/manage/terms",
            lazy_gettext("Terms"),
            "calendar-range",
            position=30,
            permission=Permission.PLANNING_READ,
        ),
        ManageItem(
            "/manage/campuses",
            lazy_gettext("Campuses"),
            "map-pin",
            position=76,
            permission=Permission.TIMETABLE_WRITE,
        ),
        ManageItem(
            "/manage/spaces",
            lazy_gettext("Spaces"),
            "dumbbell",
            position=78,
            permission=Permission.TIMETABLE_WRITE,
        ),
    ),
)
