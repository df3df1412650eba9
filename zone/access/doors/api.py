"""JSON API of doors, for staff."""

import uuid
from typing import Any

from zone.access.doors import queries, schemas, service
from zone.access.doors.errors import DOOR_NEVER_HELD_OPEN, HELD_TIMES_REVERSED, NAME_TAKEN
from zone.access.shutdowns.errors import SHUT_WITH_OTHERS
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.web import schemas as web_schemas
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("access_doors", __name__, tag="doors")


@api.post("/doors", tags=["access"])
@api.arguments(schemas.NewDoorSchema)
@api.response(201, web_schemas.MadeSchema)
@may(Permission.DOORS_WRITE)
@refuses(NOT_FOUND, NAME_TAKEN, HELD_TIMES_REVERSED)
def create_door(data: dict[str, Any]) -> dict[str, Any]:
    """Make a door into an area, driven by a bridge."""
    with writing() as session:
        door = service.add_door(session, data, actor=current_actor(), now=utc_now())
        return {"id": door.public_id}


@api.get("/doors")
@api.response(200, schemas.DoorsSchema)
@may(Permission.DOORS_READ)
def list_doors() -> dict[str, Any]:
    """Every door with its state and the newest thing that happened there."""
    with reading() as session:
        return {"doors": queries.doors(session, utc_now())}


@api.get("/doors/<uuid:door_id>")
@api.response(200, schemas.DoorViewSchema)
@may(Permission.DOORS_READ)
@refuses(NOT_FOUND)
def show_door(door_id: uuid.UUID) -> queries.DoorView:
    """One door."""
    with reading() as session:
        return queries.door(session, door_id, utc_now())


@api.patch("/doors/<uuid:door_id>")
@api.arguments(schemas.ChangedDoorSchema)
@api.response(200, schemas.DoorViewSchema)
@may(Permission.DOORS_WRITE)
@refuses(
    NOT_FOUND,
    EDITED_MEANWHILE,
    NAME_TAKEN,
    DOOR_NEVER_HELD_OPEN,
    HELD_TIMES_REVERSED,
    SHUT_WITH_OTHERS,
)
def change_door(changes: dict[str, Any], door_id: uuid.UUID) -> queries.DoorView:
    """Change what is sent of a door: also shut it to everybody, or set it back to normal."""
    actor, now, version = current_actor(), utc_now(), changes.pop("version")
    with writing() as session:
        service.change_door(
            session, door_id, version=version, changes=changes, actor=actor, now=now
        )
        return queries.door(session, door_id, now)
