"""JSON API of suspensions, for staff."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.members.people.queries import member_by_public_id
from zone.members.suspensions import schemas, service
from zone.members.suspensions.errors import ENDS_TOO_EARLY
from zone.web import schemas as web_schemas
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("members_suspensions", __name__, tag="access")


@api.post("/members/<uuid:member_id>/suspensions")
@api.arguments(schemas.NewSuspensionSchema)
@api.response(201, web_schemas.MadeSchema)
@may(Permission.SUSPENSIONS_WRITE)
@refuses(NOT_FOUND, ENDS_TOO_EARLY)
def suspend(new: dict[str, Any], member_id: uuid.UUID) -> dict[str, Any]:
    """Bar a person from the doors until a time, or until it is lifted."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        member = member_by_public_id(session, member_id)
        made = service.suspend(session, member.id, **new, now=now, recorded_by=actor.id)
        _audit(
            session,
            "member.suspend",
            "member",
            member_id,
            {"ends_at": new["ends_at"]},
            now,
            new["reason"],
        )
    return {"id": made.public_id}


@api.post("/suspensions/<uuid:suspension_id>/lift")
@api.response(204)
@may(Permission.SUSPENSIONS_WRITE)
@refuses(NOT_FOUND)
def lift(suspension_id: uuid.UUID) -> None:
    """End a suspension early."""
    now = utc_now()
    with writing() as session:
        service.lift(session, suspension_id, now)
        _audit(session, "suspension.lift", "suspension", suspension_id, None, now)


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
