"""JSON of the doors under way: reading and changing areas and doors, opening one once, bridges and alarms."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.access import alarms, doors, doors_schemas, status
from zone.core.clock import utc_now
from zone.db import reading, writing
from zone.http import idempotency
from zone.http.auth import current_actor, require, scope
from zone.http.blueprint import Blueprint

api = Blueprint("doors", __name__, tag="doors")

STAFF: Final = ("desk", "manager", "admin")
"""Who may see how the doors stand."""


@api.get("/areas")
@api.response(200, doors_schemas.AreasSchema)
@require(*STAFF)
@scope("doors:read")
def list_areas() -> dict[str, Any]:
    """Every area, and the spaces that it holds."""
    with reading() as session:
        return {"areas": status.areas(session)}


@api.get("/areas/<uuid:area_id>")
@api.response(200, doors_schemas.AreaViewSchema)
@require(*STAFF)
@scope("doors:read")
def show_area(area_id: uuid.UUID) -> status.AreaView:
    """One area. Errors: not_found."""
    with reading() as session:
        return status.area(session, area_id)


@api.patch("/areas/<uuid:area_id>")
@api.arguments(doors_schemas.ChangedAreaSchema)
@api.response(200, doors_schemas.AreaViewSchema)
@require("manager", "admin")
@scope("doors:write")
def change_area(changes: dict[str, Any], area_id: uuid.UUID) -> status.AreaView:
    """Change what is sent of an area. Doors know it within seconds. Errors: not_found, edited_meanwhile, name_taken."""
    actor, now, version = current_actor(), utc_now(), changes.pop("version")
    with writing() as session:
        doors.change_area(session, area_id, version=version, changes=changes, actor_id=actor.id, now=now)
        return status.area(session, area_id)


@api.get("/doors")
@api.response(200, doors_schemas.DoorsSchema)
@require(*STAFF)
@scope("doors:read")
def list_doors() -> dict[str, Any]:
    """Every door with its state and the newest thing that happened there."""
    with reading() as session:
        return {"doors": status.doors(session, utc_now())}


@api.get("/doors/<uuid:door_id>")
@api.response(200, doors_schemas.DoorViewSchema)
@require(*STAFF)
@scope("doors:read")
def show_door(door_id: uuid.UUID) -> status.DoorView:
    """One door. Errors: not_found."""
    with reading() as session:
        return status.door(session, door_id, utc_now())


@api.patch("/doors/<uuid:door_id>")
@api.arguments(doors_schemas.ChangedDoorSchema)
@api.response(200, doors_schemas.DoorViewSchema)
@require("manager", "admin")
@scope("doors:write")
def change_door(changes: dict[str, Any], door_id: uuid.UUID) -> status.DoorView:
    """Change what is sent of a door: also shut it to everybody, or set it back to normal.

    Errors: not_found, edited_meanwhile, name_taken, door_never_held_open.
    """
    actor, now, version = current_actor(), utc_now(), changes.pop("version")
    with writing() as session:
        doors.change_door(session, door_id, version=version, changes=changes, actor_id=actor.id, now=now)
        return status.door(session, door_id, now)


@api.post("/doors/<uuid:door_id>/open-once")
@api.arguments(doors_schemas.OpenOnceSchema)
@api.response(202, doors_schemas.OrderViewSchema)
@require(*STAFF)
def open_once(wish: dict[str, Any], door_id: uuid.UUID) -> Response:
    """Have a door opened once, within 30 seconds, for a reason that stays on record. Send an Idempotency-Key, so that a
    repeated request opens it once.

    Errors: not_found, door_without_bridge, door_shut, idempotency_mismatch, idempotency_key_invalid.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        order = doors.open_once(session, door_id, actor_id=actor.id, reason=wish["reason"], now=now)
        shown: dict[str, Any] = doors_schemas.OrderViewSchema().dump(order)
        return shown

    return idempotency.answer_once(202, work)


@api.get("/doors/<uuid:door_id>/orders")
@api.response(200, doors_schemas.OrdersSchema)
@require(*STAFF)
def list_orders(door_id: uuid.UUID) -> dict[str, Any]:
    """What a door was ordered to do, newest first, and what came of it. Errors: not_found."""
    with reading() as session:
        return {"orders": doors.orders_of(session, door_id, utc_now())}


@api.get("/doors/orders/<uuid:order_id>")
@api.response(200, doors_schemas.OrderViewSchema)
@require(*STAFF)
def show_order(order_id: uuid.UUID) -> doors.OrderView:
    """What came of an order. Errors: not_found."""
    with reading() as session:
        return doors.order_view(session, order_id, utc_now())


@api.get("/bridges")
@api.response(200, doors_schemas.BridgesSchema)
@require(*STAFF)
@scope("doors:read")
def list_bridges() -> dict[str, Any]:
    """Every bridge: online since when, what it has still to send and to fetch, and what somebody should look at."""
    with reading() as session:
        return {"bridges": status.bridges(session, utc_now())}


@api.get("/bridges/<uuid:bridge_id>")
@api.response(200, doors_schemas.BridgeViewSchema)
@require(*STAFF)
@scope("doors:read")
def show_bridge(bridge_id: uuid.UUID) -> status.BridgeView:
    """One bridge. Errors: not_found."""
    with reading() as session:
        return status.bridge(session, bridge_id, utc_now())


@api.get("/alarms")
@api.arguments(doors_schemas.AlarmsQuerySchema, location="query")
@api.response(200, doors_schemas.AlarmsSchema)
@require(*STAFF)
@scope("doors:read")
def list_alarms(query: dict[str, Any]) -> dict[str, Any]:
    """What somebody should look at, newest first."""
    with reading() as session:
        return {"alarms": alarms.alarms(session, every=query["every"])}


@api.post("/alarms/<uuid:alarm_id>/acknowledge")
@api.response(204)
@require("manager", "admin")
@scope("doors:write")
def acknowledge_alarm(alarm_id: uuid.UUID) -> None:
    """Say that somebody has seen to an alarm; who was first stays on record. Errors: not_found."""
    with writing() as session:
        alarms.acknowledge(session, alarm_id, actor_id=current_actor().id, now=utc_now())
