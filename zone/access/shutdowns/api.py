"""JSON API by which staff shut doors to everybody, and lift that again."""

import uuid
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.access.shutdowns import queries, schemas, service
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api = Blueprint("access_shutdowns", __name__, tag="doors")


@api.post("/doors/shutdowns")
@api.arguments(schemas.NewShutdownSchema)
@api.response(201, schemas.ShutdownSchema)
@may(Permission.DOORS_SHUT)
@refuses(NOT_FOUND)
@idempotent
def shut(data: dict[str, Any]) -> Response:
    """Shut a door, a campus or all doors to everybody, for a reason that stays on record."""
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        place = service.place_named(session, data["place"])
        view = service.shut(
            session, place, data["kind"], reason=data["reason"], actor=actor, now=now
        )
        answer: dict[str, Any] = schemas.ShutdownSchema().dump(view)
        return answer

    return idempotency_key.answer_once(201, work)


@api.get("/doors/shutdowns")
@api.response(200, schemas.ShutdownsSchema)
@may(Permission.DOORS_READ)
def list_shutdowns() -> dict[str, Any]:
    """What is shut now, the newest first."""
    with reading() as session:
        return {"shutdowns": queries.open_shutdowns(session)}


@api.post("/doors/shutdowns/<uuid:shutdown_id>/lift")
@api.response(200, schemas.ShutdownSchema)
@may(Permission.DOORS_SHUT)
@refuses(NOT_FOUND)
def lift(shutdown_id: uuid.UUID) -> queries.ShutdownView:
    """End a shutdown. What else shuts its doors goes on."""
    with writing() as session:
        return service.lift(session, shutdown_id, actor=current_actor(), now=utc_now())
