"""JSON API of campuses and their addresses."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.places.campuses import queries, service
from zone.places.campuses.errors import ADDRESS_INCOMPLETE, POSITION_INCOMPLETE
from zone.places.campuses.schemas import (
    CampusAddressChangeSchema,
    CampusesSchema,
    CampusPlaceSchema,
)
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("places_campuses", __name__, tag="places")


@api.get("/campuses")
@api.response(200, CampusesSchema)
@may(Permission.TIMETABLE_READ)
def campuses() -> dict[str, Any]:
    """Every campus with its address and a link to a map."""
    with reading() as session:
        rows = queries.campuses(session)
        return {"campuses": [queries.campus_values(row) for row in rows], "next": None}


@api.patch("/campuses/<campus>")
@api.arguments(CampusAddressChangeSchema)
@api.response(200, CampusPlaceSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE, ADDRESS_INCOMPLETE, POSITION_INCOMPLETE)
def change_address(change: dict[str, Any], campus: str) -> dict[str, Any]:
    """Change the address or the position of a campus; null empties a field."""
    changes = {name: value for name, value in change.items() if name != "version"}
    with writing() as session:
        row = service.change_address(
            session,
            current_actor(),
            campus,
            version=change["version"],
            changes=changes,
            now=utc_now(),
        )
        return queries.campus_values(row)
