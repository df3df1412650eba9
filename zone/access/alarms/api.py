"""JSON API of alarms, for staff."""

import uuid
from typing import Any, Final

from zone.access.alarms import queries, schemas, service
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.web.auth import current_actor, require, scope
from zone.web.blueprint import Blueprint

api = Blueprint("access_alarms", __name__, tag="doors")

STAFF: Final = ("desk", "manager", "admin")
"""Who may see how the doors stand."""


@api.get("/alarms")
@api.arguments(schemas.AlarmsQuerySchema, location="query")
@api.response(200, schemas.AlarmsSchema)
@require(*STAFF)
@scope("doors:read")
def list_alarms(query: dict[str, Any]) -> dict[str, Any]:
    """What somebody should look at, newest first."""
    with reading() as session:
        return {"alarms": queries.alarms(session, every=query["every"])}


@api.post("/alarms/<uuid:alarm_id>/acknowledge")
@api.response(204)
@require("manager", "admin")
@scope("doors:write")
def acknowledge_alarm(alarm_id: uuid.UUID) -> None:
    """Say that somebody has seen to an alarm; who was first stays on record. Errors: not_found."""
    with writing() as session:
        service.acknowledge(session, alarm_id, actor_id=current_actor().id, now=utc_now())
