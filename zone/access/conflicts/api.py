"""JSON API of conflicts among entries of doors, for staff."""

import uuid
from typing import Any

from zone.access.conflicts import queries, schemas, service
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.looks import note_look
from zone.web.refusals import refuses

api = Blueprint("access_conflicts", __name__, tag="doors")


@api.get("/doors/conflicts")
@api.response(200, schemas.ConflictsSchema)
@may(Permission.DOORS_READ)
def list_conflicts() -> dict[str, Any]:
    """Grants that contradict each other, or what was known then, the newest first."""
    note_look("conflict.list", "conflict")
    with reading() as session:
        return {"conflicts": queries.open_conflicts(session)}


@api.post("/doors/conflicts/<uuid:conflict_id>/seen")
@api.response(204)
@may(Permission.DOORS_WRITE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF)
def see_to(conflict_id: uuid.UUID) -> None:
    """Say that somebody has seen to a conflict; who was first stays on record."""
    with writing() as session:
        service.see_to(session, conflict_id, actor=current_actor(), now=utc_now())
