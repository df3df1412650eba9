"""JSON API of when doors are open to everybody, for staff."""

import uuid
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.access.releases import queries, schemas, service
from zone.access.releases.errors import RELEASE_TAKEN, TIMES_EQUAL, TOO_MANY_RELEASES
from zone.access.releases.service import NewRelease
from zone.booking.closures.rules import parse_day
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.places.opening_hours.errors import DAY_PAST
from zone.web import idempotency_key
from zone.web import schemas as web_schemas
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api = Blueprint("access_releases", __name__, tag="doors")


@api.get("/doors/<uuid:door_id>/releases")
@api.response(200, schemas.DoorReleasesSchema)
@may(Permission.DOORS_READ)
@refuses(NOT_FOUND)
def list_releases(door_id: uuid.UUID) -> queries.DoorReleases:
    """When a door is open to everybody: times of the week, other days, and what comes of them."""
    with reading() as session:
        return queries.releases_of_door(session, door_id, utc_now())


@api.post("/doors/<uuid:door_id>/releases")
@api.arguments(schemas.NewReleaseSchema)
@api.response(201, web_schemas.MadeSchema)
@may(Permission.DOORS_WRITE)
@refuses(NOT_FOUND, RELEASE_TAKEN, TIMES_EQUAL, TOO_MANY_RELEASES)
@idempotent
def add_release(data: dict[str, Any], door_id: uuid.UUID) -> Response:
    """Open a door to everybody at a time of the week."""
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        made = service.add_release(session, door_id, NewRelease(**data), actor=actor, now=now)
        return {"id": str(made)}

    return idempotency_key.answer_once(201, work)


@api.delete("/doors/<uuid:door_id>/releases/<uuid:release_id>")
@api.response(204)
@may(Permission.DOORS_WRITE)
@refuses(NOT_FOUND)
def remove_release(door_id: uuid.UUID, release_id: uuid.UUID) -> None:
    """Open a door to everybody no longer at a time of the week."""
    with writing() as session:
        service.remove_release(session, door_id, release_id, actor=current_actor(), now=utc_now())


@api.put("/doors/<uuid:door_id>/releases/days/<day>")
@api.arguments(schemas.ReleaseDaySchema)
@api.response(204)
@may(Permission.DOORS_WRITE)
@refuses(NOT_FOUND, DAY_PAST, TIMES_EQUAL, TOO_MANY_RELEASES)
def set_day(data: dict[str, Any], door_id: uuid.UUID, day: str) -> None:
    """Open a door to everybody at another time on a day, or not at all."""
    hours = (data["opens"], data["closes"]) if data["opens"] is not None else None
    actor, now, reason = current_actor(), utc_now(), data["reason"]
    with writing() as session:
        service.set_day(
            session, door_id, parse_day(day), hours, reason=reason, actor=actor, now=now
        )


@api.delete("/doors/<uuid:door_id>/releases/days/<day>")
@api.response(204)
@may(Permission.DOORS_WRITE)
@refuses(NOT_FOUND, DAY_PAST)
def drop_day(door_id: uuid.UUID, day: str) -> None:
    """Let the times of the week hold again on a day."""
    with writing() as session:
        service.drop_day(session, door_id, parse_day(day), actor=current_actor(), now=utc_now())
