"""JSON of finding a person at the desk."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.identity import Permission
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.desk.search import schemas
from zone.desk.search.errors import WORDS_TOO_SHORT
from zone.desk.search.flows import find_people
from zone.desk.search.schemas import nobody_found_hint
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("desk_search", __name__, tag="desk")


@api.post("/desk/searches")
@api.arguments(schemas.SearchSchema)
@api.response(200, schemas.FoundPeopleSchema)
@may(Permission.DESK_USE)
@refuses(WORDS_TOO_SHORT, TOO_MANY_REQUESTS)
def search_people(data: dict[str, str]) -> dict[str, Any]:
    """Find a person; the likeliest first, at most 20. Who looked for what is on record."""
    people = find_people(data["words"], current_actor(), now=utc_now())
    return {"people": people, "hint": None if people else nobody_found_hint()}
