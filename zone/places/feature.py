"""The feature of places: campuses, spaces, opening hours, terms, public holidays."""

from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission
from zone.places.calendar.api import api as places_calendar_api
from zone.places.campuses.api import api as places_campuses_api
from zone.places.holidays.api import api as places_holidays_api
from zone.places.opening_hours.api import api as places_opening_hours_api
from zone.places.spaces.api import api as places_spaces_api
from zone.places.terms.api import api as places_terms_api
from zone.places.terms.pages import pages as places_terms_pages
from zone.web.feature import Feature, ManageItem

FEATURE: Final = Feature(
    name="places",
    apis=(
        places_calendar_api,
        places_campuses_api,
        places_holidays_api,
        places_opening_hours_api,
        places_spaces_api,
        places_terms_api,
    ),
    pages=(places_terms_pages,),
    manage=(
        ManageItem(
            "/manage/terms",
            lazy_gettext("Terms"),
            "calendar-range",
            position=30,
            permission=Permission.PLANNING_READ,
        ),
    ),
)
