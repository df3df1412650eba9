"""JSON API of areas, for staff."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.access.areas import queries, schemas, service
from zone.access.doors.errors import NAME_TAKEN
from zone.core.audit.service import record_action
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.places.campuses.queries import campus_by_code
from zone.places.spaces.queries import space_by_public_id
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
def create_area(new: dict[str, Any]) -> dict[str, Any]:
    """Make an area of a campus and say which spaces it holds."""
    now, described = utc_now(), {**new, "spaces": [str(space) for space in new["spaces"]]}
    with writing() as session:
        campus = campus_by_code(session, new.pop("campus"))
        spaces = [space_by_public_id(session, space).id for space in new.pop("spaces")]
        area = service.create_area(session, campus_id=campus.id, space_ids=spaces, **new)
        _audit(session, "area.create", "area", area.public_id, described, now)
    return {"id": area.public_id}


def _audit(
    session: Session,
    action: str,
    kind: str,
    object_id: uuid.UUID,
    after: dict[str, Any] | None,
    now: datetime,
    reason: str | None = None,
) -> None:
    record_action(
        session,
        actor_id=current_actor().id,
        action=action,
        object_kind=kind,
        object_id=object_id,
        after=after,
        reason=reason,
        now=now,
    )


"""Who may see how the doors stand."""


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
            session, area_id, version=version, changes=changes, actor_id=actor.id, now=now
        )
        return queries.area(session, area_id)
