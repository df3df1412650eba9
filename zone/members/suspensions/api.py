"""JSON API of suspensions, for staff."""

import uuid
from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.members.suspensions import schemas, service
from zone.members.suspensions.errors import ENDS_TOO_EARLY
from zone.web import schemas as web_schemas
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import end_what_rests_on
from zone.web.refusals import refuses

api = Blueprint("members_suspensions", __name__, tag="access")


@api.post("/members/<uuid:member_id>/suspensions")
@api.arguments(schemas.NewSuspensionSchema)
@api.response(201, web_schemas.MadeSchema)
@may(Permission.SUSPENSIONS_WRITE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, ENDS_TOO_EARLY)
def suspend(data: dict[str, Any], member_id: uuid.UUID) -> dict[str, Any]:
    """Bar a person from the doors until a time, or until it is lifted; their bookings of that time
    are cancelled.
    """
    now = utc_now()
    with writing() as session:
        suspension = service.suspend_member(session, current_actor(), member_id, **data, now=now)
    end_what_rests_on([suspension.member_id], now)
    return {"id": suspension.public_id}


@api.post("/suspensions/<uuid:suspension_id>/lift")
@api.response(204)
@may(Permission.SUSPENSIONS_WRITE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF)
def lift(suspension_id: uuid.UUID) -> None:
    """End a suspension early."""
    with writing() as session:
        service.lift_suspension(session, current_actor(), suspension_id, now=utc_now())
