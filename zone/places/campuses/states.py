"""The states of the pages of campuses, from invented values."""

from functools import partial
from typing import Any, Final

from zone.places.campuses.pages import campus_page, campuses_page
from zone.places.campuses.queries import ADDRESS
from zone.web.forms import FormState
from zone.web.states import State

PASILA: Final[dict[str, Any]] = {
    "code": "pasila",
    "name": "Haaga-Helia Pasila",
    "street": "Esimerkkikatu 1",
    "postal_code": "00520",
    "city": "Helsinki",
    "latitude": 60.2012,
    "longitude": 24.9347,
    "map_url": "https://www.openstreetmap.org/",
    "version": 2,
}
NEW: Final[dict[str, Any]] = {
    "code": "otaniemi",
    "name": "Laurea Otaniemi",
    **dict.fromkeys(ADDRESS),
    "map_url": None,
    "version": 1,
}
CHANGED: Final = FormState(PASILA | {"name": "Pasila"}, stored=PASILA)

STATES: Final = (
    State("manage-campuses", "none", partial(campuses_page, [])),
    State("manage-campuses", "some", partial(campuses_page, [PASILA, NEW])),
    State("manage-campus", "new", partial(campus_page, None, FormState())),
    State("manage-campus", "added", partial(campus_page, NEW, FormState(NEW), "added")),
    State("manage-campus", "one", partial(campus_page, PASILA, FormState(PASILA))),
    State("manage-campus", "conflict", partial(campus_page, PASILA, CHANGED)),
)
