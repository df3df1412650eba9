"""The states of the pages of spaces, from invented values."""

from functools import partial
from typing import Any, Final
from uuid import UUID

from zone.places.spaces.pages import hall_page, of_parts_page, space_page, spaces_page
from zone.places.spaces.rules import MINUTES
from zone.places.spaces.views import CampusSpaces
from zone.web.forms import FormState
from zone.web.states import State


def _space(number: int, code: str, names: tuple[str, str, str], *parts: str) -> dict[str, Any]:
    fi, sv, en = names
    return {
        "id": UUID(int=number),
        "campus": "myllypuro",
        "code": code,
        "name": {"fi": fi, "sv": sv, "en": en},
        "capacity": 20 * len(parts),
        "own_use": len(parts) == 1,
        "companions": 1,
        "parts": list(parts),
        "version": 1,
        **dict.fromkeys(MINUTES),
    }


THIRDS: Final = {f"hall-{number}": f"Court {number} (hall-{number})" for number in (1, 2, 3)}
HALL: Final = _space(1, "hall", ("Liikuntasali", "Idrottshallen", "Sports hall"), *THIRDS)
COURTS: Final = [
    _space(number + 1, code, (f"Kenttä {number}", f"Bana {number}", f"Court {number}"), code)
    for number, code in enumerate(THIRDS, start=1)
]
PLACE: Final = CampusSpaces("myllypuro", "Metropolia Myllypuro", [HALL, *COURTS])
COURT_PLACE: Final = CampusSpaces("myllypuro", "Metropolia Myllypuro", COURTS)
EMPTY: Final = CampusSpaces("otaniemi", "Laurea Otaniemi", [])
CAMPUSES: Final = {one.code: one.name for one in (PLACE, EMPTY)}
OWN_RULES: Final = COURTS[0] | {"step_minutes": 30, "least_minutes": 60, "most_minutes": 120}
RENAMED: Final = FormState(OWN_RULES | {"companions": 3}, stored=OWN_RULES)
HALF_FILLED: Final = FormState({"campus": "otaniemi", "code": "hall", "parts": 3})

STATES: Final = (
    State("manage-spaces", "no-campus", partial(spaces_page, [])),
    State("manage-spaces", "none", partial(spaces_page, [EMPTY])),
    State("manage-spaces", "some", partial(spaces_page, [PLACE, EMPTY])),
    State("manage-spaces", "own-use", partial(spaces_page, [COURT_PLACE, EMPTY], own_use=True)),
    State("manage-spaces", "no-own-use", partial(spaces_page, [EMPTY], own_use=True)),
    State("new-hall", "empty", partial(hall_page, CAMPUSES, FormState())),
    State("new-hall", "half-filled", partial(hall_page, CAMPUSES, HALF_FILLED)),
    State("new-hall", "no-campus", partial(hall_page, {}, FormState())),
    State(
        "new-space", "empty", partial(of_parts_page, (PLACE.code, PLACE.name), THIRDS, FormState())
    ),
    State("manage-space", "hall", partial(space_page, HALL, PLACE.name, COURTS, FormState(HALL))),
    State(
        "manage-space",
        "own-rules",
        partial(space_page, OWN_RULES, PLACE.name, [HALL], FormState(OWN_RULES)),
    ),
    State("manage-space", "conflict", partial(space_page, OWN_RULES, PLACE.name, [], RENAMED)),
)
