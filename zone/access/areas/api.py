"""JSON API of areas, for staff."""

import uuid
from typing import Any

from zone.access.areas import queries, schemas, service
from zone.access.doors.errors import NAME_TAKEN
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.web import schemas as web_schemas
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("access_areas", __name__, tag="doors")


@api.post("/areas", tags=["access"])
@api.arguments(schemas.NewAreaSchema)
@api.response(201, web_schemas.MadeSchema)
@may(Permission.DOORS_WRITE)
@refuses(NOT_FOUND, NAME_TAKEN)
def create_area(data: dict[str, Any]) -> dict[str, Any]:
    """Make an area of a campus and say which spaces it holds."""
    with writing() as session:
        area = service.add_area(session, data, actor=current_actor(), now=utc_now())
        return {"id": area.public_id}


@api.get("/areas")
@api.response(200, schemas.AreasSchema)
@may(Permission.DOORS_READ)
def list_areas() -> dict[str, Any]:
    """Every area, and the spaces that it holds."""
    with reading() as session:
        return {"areas": queries.areas(session)}


@api.get("/areas/<uuid:area_id>")
@api.response(200, schemas.AreaViewSchema)
@may(Permission.DOORS_READ)
@refuses(NOT_FOUND)
def show_area(area_id: uuid.UUID) -> queries.AreaView:
    """One area."""
    with reading() as session:
        return queries.area(session, area_id)


@api.patch("/areas/<uuid:area_id>")
@api.arguments(schemas.ChangedAreaSchema)
@api.response(200, schemas.AreaViewSchema)
@may(Permission.DOORS_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE, NAME_TAKEN)
def change_area(changes: dict[str, Any], area_id: uuid.UUID) -> queries.AreaView:
    """Change what is sent of an area. Doors know it within seconds."""
    actor, now, version = current_actor(), utc_now(), changes.pop("version")
    with writing() as session:
        service.change_area(
            session, area_id, version=version, changes=changes, actor=actor, now=now
        )
        return queries.area(session, area_id)
