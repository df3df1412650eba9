"""JSON API by which staff open a door once and read the outcome."""

import uuid
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.access.door_commands import queries, schemas, service
from zone.access.door_commands.errors import DOOR_SHUT, DOOR_WITHOUT_BRIDGE
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api = Blueprint("access_door_commands", __name__, tag="doors")


@api.post("/doors/<uuid:door_id>/open-once")
@api.arguments(schemas.OpenOnceSchema)
@api.response(202, schemas.OrderViewSchema)
@may(Permission.DOORS_OPEN)
@refuses(NOT_FOUND, DOOR_WITHOUT_BRIDGE, DOOR_SHUT)
@idempotent
def open_once(data: dict[str, Any], door_id: uuid.UUID) -> Response:
    """Have a door opened once, within 30 seconds, for a reason that stays on record. Send an
    Idempotency-Key, so that a repeated request opens it once.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        command = service.open_once(session, door_id, actor=actor, reason=data["reason"], now=now)
        answer: dict[str, Any] = schemas.OrderViewSchema().dump(command)
        return answer

    return idempotency_key.answer_once(202, work)


@api.get("/doors/<uuid:door_id>/orders")
@api.response(200, schemas.OrdersSchema)
@may(Permission.DOORS_OPEN)
@refuses(NOT_FOUND)
def list_orders(door_id: uuid.UUID) -> dict[str, Any]:
    """What a door was ordered to do, newest first, and what came of it."""
    with reading() as session:
        return {"orders": queries.commands_of(session, door_id, utc_now())}


@api.get("/doors/orders/<uuid:order_id>")
@api.response(200, schemas.OrderViewSchema)
@may(Permission.DOORS_OPEN)
@refuses(NOT_FOUND)
def show_order(order_id: uuid.UUID) -> queries.DoorCommandView:
    """What came of an order."""
    with reading() as session:
        return queries.command_view(session, order_id, utc_now())
