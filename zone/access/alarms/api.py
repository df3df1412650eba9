"""JSON API of alarms, for staff."""

import uuid
from typing import Any

from zone.access.alarms import queries, schemas, service
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("access_alarms", __name__, tag="doors")


@api.get("/alarms")
@api.arguments(schemas.AlarmsQuerySchema, location="query")
@api.response(200, schemas.AlarmsSchema)
@may(Permission.DOORS_READ)
def list_alarms(query: dict[str, Any]) -> dict[str, Any]:
    """What somebody should look at, newest first."""
    with reading() as session:
        return {"alarms": queries.alarms(session, every=query["every"])}


@api.post("/alarms/<uuid:alarm_id>/acknowledge")
@api.response(204)
@may(Permission.DOORS_WRITE)
@refuses(NOT_FOUND)
def acknowledge_alarm(alarm_id: uuid.UUID) -> None:
    """Say that somebody has seen to an alarm; who was first stays on record."""
    with writing() as session:
        service.acknowledge(session, alarm_id, actor=current_actor(), now=utc_now())
