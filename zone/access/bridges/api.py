"""JSON API of bridges, for staff."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.bridge_sign_on.errors import BRIDGE_ENROLLED
from zone.access.bridges import queries, schemas, service
from zone.access.doors.errors import NAME_TAKEN
from zone.core.audit.service import record_action
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.places.campuses.queries import campus_by_code
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("access_bridges", __name__, tag="doors")


@api.post("/bridges", tags=["access"])
@api.arguments(schemas.NewBridgeSchema)
@api.response(201, schemas.BridgeTokenSchema)
@may(Permission.BRIDGES_WRITE)
@refuses(NOT_FOUND, NAME_TAKEN)
def create_bridge(new: dict[str, Any]) -> dict[str, Any]:
    """Make a bridge, and the one-time token that makes a box of it."""
    now = utc_now()
    with writing() as session:
        campus = campus_by_code(session, new["campus"])
        bridge, token = service.create_bridge(
            session, campus_id=campus.id, name=new["name"], now=now
        )
        _audit(session, "bridge.create", "bridge", bridge.public_id, new, now)
    return {"id": bridge.public_id, "token": token, "expires_at": now + bridge_sign_on.ENROL_WITHIN}


@api.post("/bridges/<uuid:bridge_id>/enrolment-token", tags=["access"])
@api.response(201, schemas.BridgeTokenSchema)
@may(Permission.BRIDGES_WRITE)
@refuses(NOT_FOUND, BRIDGE_ENROLLED)
def renew_token(bridge_id: uuid.UUID) -> dict[str, Any]:
    """Another one-time token for a bridge that no box is yet."""
    now = utc_now()
    with writing() as session:
        bridge = queries.bridge_by_public_id(session, bridge_id)
        token = bridge_sign_on.enrolment_token(session, bridge, now)
        _audit(session, "bridge.renew_token", "bridge", bridge_id, None, now)
    return {"id": bridge_id, "token": token, "expires_at": now + bridge_sign_on.ENROL_WITHIN}


@api.post("/bridges/<uuid:bridge_id>/revoke", tags=["access"])
@api.response(204)
@may(Permission.BRIDGES_WRITE)
@refuses(NOT_FOUND)
def revoke_bridge(bridge_id: uuid.UUID) -> None:
    """End a bridge for good, as when its box was stolen."""
    now = utc_now()
    with writing() as session:
        service.revoke(session, queries.bridge_by_public_id(session, bridge_id), now)
        _audit(session, "bridge.revoke", "bridge", bridge_id, None, now)


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


@api.get("/bridges")
@api.response(200, schemas.BridgesSchema)
@may(Permission.DOORS_READ)
def list_bridges() -> dict[str, Any]:
    """Every bridge: online since when, what it has still to send and to fetch, and what somebody should look at."""
    with reading() as session:
        return {"bridges": queries.bridges(session, utc_now())}


@api.get("/bridges/<uuid:bridge_id>")
@api.response(200, schemas.BridgeViewSchema)
@may(Permission.DOORS_READ)
@refuses(NOT_FOUND)
def show_bridge(bridge_id: uuid.UUID) -> queries.BridgeView:
    """One bridge."""
    with reading() as session:
        return queries.bridge(session, bridge_id, utc_now())
