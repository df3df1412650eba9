"""JSON of access for people and staff: phones, areas, doors, bridges, suspensions, attendance."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.access import bridges, own_pass, queries, schemas, service
from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND, DomainError
from zone.db import reading, writing
from zone.http.auth import current_actor, require, scope, signed_in
from zone.http.blueprint import Blueprint
from zone.http.context import current_settings
from zone.http.problems import language
from zone.members.queries import member_by_public_id
from zone.members.service import audit
from zone.places.queries import campus_by_code, space_by_public_id

api = Blueprint("access", __name__, tag="access")


@api.get("/me/pass")
@api.arguments(schemas.OwnPassQuerySchema, location="query")
@api.response(200, schemas.OwnPassSchema)
@signed_in
@scope("passes:read")
def show_pass(query: dict[str, Any]) -> dict[str, Any]:
    """One's pass as the pass page shows it; `kid` marks the phone that asks."""
    now = utc_now()
    with reading() as session:
        return own_pass.view(session, current_actor().id, kid=query["kid"], language=language(), now=now)


@api.post("/me/devices")
@api.arguments(schemas.NewDeviceSchema)
@api.response(201, schemas.DeviceSchema)
@signed_in
def add_device(new: dict[str, Any]) -> dict[str, Any]:
    """Put the pass on a phone by its public key; over the third, the oldest goes. The same key again is harmless.

    Errors: key_invalid, key_taken, too_many_devices.
    """
    now, settings = utc_now(), current_settings()
    point = bytes.fromhex(new["public_key"])
    with writing() as session:
        key = service.enrol_key(
            session, current_actor().id, point=point, label=new["label"], now=now, settings=settings
        )
    return {
        "kid": key.kid.hex(),
        "certificate": key.certificate.hex(),
        "server_time": now.timestamp(),
        "show_long_until": key.known_from.timestamp(),
    }


@api.delete("/me/devices/<kid>")
@api.response(204)
@signed_in
def remove_device(kid: str) -> None:
    """Take the pass off a phone. Errors: not_found."""
    try:
        raw = bytes.fromhex(kid)
    except ValueError as error:
        raise DomainError(NOT_FOUND) from error
    with writing() as session:
        service.revoke_key(session, current_actor().id, raw, utc_now())


@api.post("/areas")
@api.arguments(schemas.NewAreaSchema)
@api.response(201, schemas.MadeSchema)
@require("manager", "admin")
@scope("doors:write")
def create_area(new: dict[str, Any]) -> dict[str, Any]:
    """Make an area of a campus and say which spaces it holds. Errors: not_found, name_taken."""
    now, described = utc_now(), {**new, "spaces": [str(space) for space in new["spaces"]]}
    with writing() as session:
        campus = campus_by_code(session, new.pop("campus"))
        spaces = [space_by_public_id(session, space).id for space in new.pop("spaces")]
        area = service.create_area(session, campus_id=campus.id, space_ids=spaces, **new)
        _audit(session, "area.create", "area", area.public_id, described, now)
    return {"id": area.public_id}


@api.post("/doors")
@api.arguments(schemas.NewDoorSchema)
@api.response(201, schemas.MadeSchema)
@require("manager", "admin")
@scope("doors:write")
def create_door(new: dict[str, Any]) -> dict[str, Any]:
    """Make a door into an area, driven by a bridge. Errors: not_found, name_taken."""
    now = utc_now()
    with writing() as session:
        area = queries.area_by_public_id(session, new["area"])
        bridge = bridges.bridge_by_public_id(session, new["bridge"]) if new["bridge"] else None
        door = service.create_door(
            session,
            area_id=area.id,
            bridge_id=bridge.id if bridge else None,
            name=new["name"],
            strike_ms=new["strike_ms"],
        )
        _audit(session, "door.create", "door", door.public_id, new, now)
    return {"id": door.public_id}


@api.post("/bridges")
@api.arguments(schemas.NewBridgeSchema)
@api.response(201, schemas.BridgeTokenSchema)
@require("admin")
def create_bridge(new: dict[str, Any]) -> dict[str, Any]:
    """Make a bridge, and the one-time token that makes a box of it. Errors: not_found, name_taken."""
    now = utc_now()
    with writing() as session:
        campus = campus_by_code(session, new["campus"])
        bridge, token = bridges.create_bridge(session, campus_id=campus.id, name=new["name"], now=now)
        _audit(session, "bridge.create", "bridge", bridge.public_id, new, now)
    return {"id": bridge.public_id, "token": token, "expires_at": now + bridges.ENROL_WITHIN}


@api.post("/bridges/<uuid:bridge_id>/enrolment-token")
@api.response(201, schemas.BridgeTokenSchema)
@require("admin")
def renew_token(bridge_id: uuid.UUID) -> dict[str, Any]:
    """Another one-time token for a bridge that no box is yet. Errors: not_found, bridge_enrolled."""
    now = utc_now()
    with writing() as session:
        bridge = bridges.bridge_by_public_id(session, bridge_id)
        token = bridges.enrolment_token(session, bridge, now)
        _audit(session, "bridge.renew_token", "bridge", bridge_id, None, now)
    return {"id": bridge_id, "token": token, "expires_at": now + bridges.ENROL_WITHIN}


@api.post("/bridges/<uuid:bridge_id>/revoke")
@api.response(204)
@require("admin")
def revoke_bridge(bridge_id: uuid.UUID) -> None:
    """End a bridge for good, as when its box was stolen. Errors: not_found."""
    now = utc_now()
    with writing() as session:
        bridges.revoke(session, bridges.bridge_by_public_id(session, bridge_id), now)
        _audit(session, "bridge.revoke", "bridge", bridge_id, None, now)


@api.post("/members/<uuid:member_id>/suspensions")
@api.arguments(schemas.NewSuspensionSchema)
@api.response(201, schemas.MadeSchema)
@require("desk", "manager", "admin")
def suspend(new: dict[str, Any], member_id: uuid.UUID) -> dict[str, Any]:
    """Bar a person from the doors until a time, or until it is lifted. Errors: not_found, ends_too_early."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        member = member_by_public_id(session, member_id)
        made = service.suspend(session, member.id, **new, now=now, recorded_by=actor.id)
        _audit(session, "member.suspend", "member", member_id, {"ends_at": new["ends_at"]}, now, new["reason"])
    return {"id": made.public_id}


@api.post("/suspensions/<uuid:suspension_id>/lift")
@api.response(204)
@require("desk", "manager", "admin")
def lift(suspension_id: uuid.UUID) -> None:
    """End a suspension early. Errors: not_found."""
    now = utc_now()
    with writing() as session:
        service.lift(session, suspension_id, now)
        _audit(session, "suspension.lift", "suspension", suspension_id, None, now)


@api.get("/sessions/<uuid:session_id>/attendance")
@api.response(200, schemas.AttendanceSchema)
@require("instructor", "desk", "manager")
@scope("attendance:read")
def show_attendance(session_id: uuid.UUID) -> queries.AttendanceList:
    """Who booked a session, who came, and who dropped in, as the doors saw it; an instructor only of their own.

    Errors: not_found.
    """
    actor = current_actor()
    led_by = None if actor.roles & {"desk", "manager"} else actor.id
    with reading() as session:
        return queries.attendance(session, session_id, led_by=led_by)


def _audit(
    session: Session,
    action: str,
    kind: str,
    object_id: uuid.UUID,
    after: dict[str, Any] | None,
    now: datetime,
    reason: str | None = None,
) -> None:
    audit(
        session,
        actor_id=current_actor().id,
        action=action,
        object_kind=kind,
        object_id=object_id,
        after=after,
        reason=reason,
        now=now,
    )
