"""JSON API of spaces, their parts and rules."""

from typing import Any, Final
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.places.campuses import queries as campuses_queries
from zone.places.spaces import queries, service
from zone.places.spaces.errors import SPACE_EXISTS, SPACE_INVALID
from zone.places.spaces.rules import MINUTES
from zone.places.spaces.schemas import (
    NewHallSchema,
    NewSpaceSchema,
    SpaceChangeSchema,
    SpaceSchema,
    SpacesQuery,
    SpacesSchema,
)
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("places_spaces", __name__, tag="places")


@api.get("/spaces")
@api.arguments(SpacesQuery, location="query")
@api.response(200, SpacesSchema)
@may(Permission.TIMETABLE_READ)
def spaces(asked: dict[str, Any]) -> dict[str, Any]:
    """Every space with its parts, and its own rules for own use (null: as the service's policy
    says).
    """
    with reading() as session:
        rows = queries.spaces_with_parts(session, asked["campus"])
        return {"spaces": [queries.space_values(*row) for row in rows], "next": None}


@api.post("/spaces")
@api.arguments(NewSpaceSchema)
@api.response(201, SpaceSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, SPACE_EXISTS, SPACE_INVALID)
@idempotent
def create_space(new: dict[str, Any]) -> Response:
    """Make a space out of parts: a hall, half of it, a court that straddles its thirds.

    Safe to repeat with an Idempotency-Key.
    """
    actor, now, name = current_actor(), utc_now(), new["name"]
    rules = {key: new[key] for key in (*MINUTES, "own_use", "companions") if key in new}

    def work(session: Session) -> dict[str, Any]:
        space = service.add_space(
            session,
            actor,
            campuses_queries.campus_by_code(session, new["campus"]),
            code=new["code"],
            names=(name["fi"], name["sv"], name["en"]),
            capacity=new["capacity"],
            parts=new["parts"],
            now=now,
            **rules,
        )
        return dump_json(SpaceSchema(), space)

    return idempotency_key.answer_once(201, work)


@api.post("/halls")
@api.arguments(NewHallSchema)
@api.response(201, SpacesSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, SPACE_EXISTS)
@idempotent
def create_hall(new: dict[str, Any]) -> Response:
    """Make a space for a whole hall and one for each of its parts, all or none of them.

    Safe to repeat with an Idempotency-Key.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        spaces = service.add_hall(session, actor, **new, now=now)
        return dump_json(SpacesSchema(), {"spaces": spaces, "next": None})

    return idempotency_key.answer_once(201, work)


@api.patch("/spaces/<uuid:space>")
@api.arguments(SpaceChangeSchema)
@api.response(200, SpaceSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE, SPACE_INVALID)
def change_space(change: dict[str, Any], space: UUID) -> dict[str, Any]:
    """Change a space's names, capacity and rules; bookings that were made keep what they hold."""
    columns = {key: value for key, value in change.items() if key not in ("version", "name")}
    columns |= {f"name_{language}": name for language, name in change.get("name", {}).items()}
    with writing() as session:
        service.change_space(
            session,
            current_actor(),
            space,
            version=change["version"],
            changes=columns,
            now=utc_now(),
        )
        return queries.space_values(*queries.space_with_parts(session, space))
