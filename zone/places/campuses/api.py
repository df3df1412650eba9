"""JSON API of campuses: their names, and where they are."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.places.campuses import queries, service
from zone.places.campuses.errors import ADDRESS_INCOMPLETE, CAMPUS_EXISTS, POSITION_INCOMPLETE
from zone.places.campuses.schemas import (
    CampusChangeSchema,
    CampusesSchema,
    CampusPlaceSchema,
    NewCampusSchema,
)
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("places_campuses", __name__, tag="places")


@api.get("/campuses")
@api.response(200, CampusesSchema)
@may(Permission.TIMETABLE_READ)
def campuses() -> dict[str, Any]:
    """Every campus with its address and a link to a map."""
    with reading() as session:
        rows = queries.campuses(session)
        return {"campuses": [queries.campus_values(row) for row in rows], "next": None}


@api.post("/campuses")
@api.arguments(NewCampusSchema)
@api.response(201, CampusPlaceSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(CAMPUS_EXISTS, ADDRESS_INCOMPLETE, POSITION_INCOMPLETE)
@idempotent
def create_campus(new: dict[str, Any]) -> Response:
    """Add a campus. Its code has 1 to 40 of a-z, 0-9 and -, names it at doors, and stays.

    Safe to repeat with an Idempotency-Key.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        campus = service.add_campus(session, actor, **new, now=now)
        return dump_json(CampusPlaceSchema(), queries.campus_values(campus))

    return idempotency_key.answer_once(201, work)


@api.patch("/campuses/<campus>")
@api.arguments(CampusChangeSchema)
@api.response(200, CampusPlaceSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE, ADDRESS_INCOMPLETE, POSITION_INCOMPLETE)
def change_address(change: dict[str, Any], campus: str) -> dict[str, Any]:
    """Change the name, the address or the position of a campus; null empties a field of the last
    two.
    """
    changes = {name: value for name, value in change.items() if name != "version"}
    with writing() as session:
        row = service.change_campus(
            session,
            current_actor(),
            campus,
            version=change["version"],
            changes=changes,
            now=utc_now(),
        )
        return queries.campus_values(row)
