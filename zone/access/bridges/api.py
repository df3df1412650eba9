"""JSON API of bridges, for staff."""

import uuid
from dataclasses import asdict
from typing import Any

from zone.access.bridge_sign_on.errors import BRIDGE_ENROLLED
from zone.access.bridges import queries, schemas, service
from zone.access.doors.errors import NAME_TAKEN
from zone.access.doors.service import replace_bridge as replace
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("access_bridges", __name__, tag="doors")


@api.post("/bridges", tags=["access"])
@api.arguments(schemas.NewBridgeSchema)
@api.response(201, schemas.BridgeTokenSchema)
@may(Permission.BRIDGES_WRITE)
@refuses(NOT_FOUND, NAME_TAKEN)
def create_bridge(data: dict[str, Any]) -> dict[str, Any]:
    """Make a bridge, and the one-time token and code by which a box becomes it."""
    now = utc_now()
    with writing() as session:
        bridge, invitation = service.add_bridge(session, data, actor=current_actor(), now=now)
        bridge_id = bridge.public_id
    return {"id": bridge_id, **asdict(invitation)}


@api.post("/bridges/<uuid:bridge_id>/enrolment-token", tags=["access"])
@api.response(201, schemas.BridgeTokenSchema)
@may(Permission.BRIDGES_WRITE)
@refuses(NOT_FOUND, BRIDGE_ENROLLED)
def renew_token(bridge_id: uuid.UUID) -> dict[str, Any]:
    """Another one-time token and code for a bridge that no box is yet."""
    now = utc_now()
    with writing() as session:
        invitation = service.renew_invitation(session, bridge_id, actor=current_actor(), now=now)
    return {"id": bridge_id, **asdict(invitation)}


@api.post("/bridges/<uuid:bridge_id>/replace", tags=["access"])
@api.response(201, schemas.BridgeTokenSchema)
@may(Permission.BRIDGES_WRITE)
@refuses(NOT_FOUND, BRIDGE_ENROLLED)
def replace_bridge(bridge_id: uuid.UUID) -> dict[str, Any]:
    """Revoke a bridge, and make another for a new box that drives its doors."""
    with writing() as session:
        bridge, invitation = replace(session, bridge_id, actor=current_actor(), now=utc_now())
        new_id = bridge.public_id
    return {"id": new_id, **asdict(invitation)}


@api.post("/bridges/<uuid:bridge_id>/revoke", tags=["access"])
@api.response(204)
@may(Permission.BRIDGES_WRITE)
@refuses(NOT_FOUND)
def revoke_bridge(bridge_id: uuid.UUID) -> None:
    """End a bridge for good, as when its box was stolen."""
    with writing() as session:
        service.revoke_bridge(session, bridge_id, actor=current_actor(), now=utc_now())


@api.get("/bridges")
@api.response(200, schemas.BridgesSchema)
@may(Permission.DOORS_READ)
def list_bridges() -> dict[str, Any]:
    """Every bridge: online since when, what it has still to send and to fetch, and what somebody
    should look at.
    """
    with reading() as session:
        return {"bridges": queries.bridges(session, utc_now())}


@api.get("/door-policy")
@api.response(200, schemas.DoorPolicySchema)
@may(Permission.DOORS_READ)
def show_door_policy() -> queries.DoorPolicyView:
    """What holds of all doors."""
    with reading() as session:
        return queries.door_policy(session)


@api.put("/door-policy")
@api.arguments(schemas.DoorPolicySchema)
@api.response(200, schemas.DoorPolicySchema)
@may(Permission.BRIDGES_WRITE)
@refuses(EDITED_MEANWHILE)
def change_door_policy(data: dict[str, Any]) -> queries.DoorPolicyView:
    """Set the last day on which entries count that nothing proves, for what is uploaded from now
    on.
    """
    until, version = data["unproven_until"], data["version"]
    with writing() as session:
        service.set_last_unproven(
            session, until, version=version, actor=current_actor(), now=utc_now()
        )
        return queries.door_policy(session)


@api.get("/bridges/<uuid:bridge_id>")
@api.response(200, schemas.BridgeViewSchema)
@may(Permission.DOORS_READ)
@refuses(NOT_FOUND)
def show_bridge(bridge_id: uuid.UUID) -> queries.BridgeView:
    """One bridge."""
    with reading() as session:
        return queries.bridge(session, bridge_id, utc_now())
