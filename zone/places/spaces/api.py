"""The API of spaces, their parts and rules."""

from typing import Any, Final
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.places.campuses import queries as campuses_queries
from zone.places.spaces import queries, service
from zone.places.spaces.errors import SPACE_EXISTS, SPACE_INVALID
from zone.places.spaces.models import Space
from zone.places.spaces.schemas import (
    NUMBERS,
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

api: Final = Blueprint("places_spaces", __name__, tag="places")
SPACE = SpaceSchema()


@api.get("/spaces")
@api.arguments(SpacesQuery, location="query")
@api.response(200, SpacesSchema)
@may(Permission.TIMETABLE_READ)
def spaces(asked: dict[str, Any]) -> dict[str, Any]:
    """Every space with its parts, and its own rules for own use (null: as the service's policy says)."""
    with reading() as session:
        found = queries.spaces_with_parts(session, asked["campus"])
        return {"spaces": [_space(*row) for row in found], "next": None}


def _space(space: Space, campus: str) -> dict[str, Any]:
    own = ("code", "capacity", "own_use", "companions", "version", *NUMBERS)
    return {
        "id": space.public_id,
        "campus": campus,
        "parts": sorted(part.code for part in space.parts),
        "name": {"fi": space.name_fi, "sv": space.name_sv, "en": space.name_en},
        **{name: getattr(space, name) for name in own},
    }


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
    now = utc_now()

    def work(session: Session) -> dict[str, Any]:
        campus, name = campuses_queries.campus_by_code(session, new["campus"]), new["name"]
        rules = {key: new[key] for key in (*NUMBERS, "own_use", "companions") if key in new}
        made = service.create_space(
            session,
            campus_id=campus.id,
            code=new["code"],
            names=(name["fi"], name["sv"], name["en"]),
            capacity=new["capacity"],
            parts=new["parts"],
            **rules,
        )
        shown = _dumped(_space(made, campus.code))
        record_action(
            session,
            actor_id=current_actor().id,
            action="space.create",
            object_kind="space",
            object_id=made.public_id,
            after=shown,
            now=now,
        )
        return shown

    return idempotency_key.answer_once(201, work)


def _dumped(space: dict[str, Any]) -> dict[str, Any]:
    dumped: dict[str, Any] = SPACE.dump(space)
    return dumped


@api.patch("/spaces/<uuid:space>")
@api.arguments(SpaceChangeSchema)
@api.response(200, SpaceSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE, SPACE_INVALID)
def change_space(change: dict[str, Any], space: UUID) -> dict[str, Any]:
    """Change a space's names, capacity and rules; bookings that were made keep what they hold."""
    columns = {key: value for key, value in change.items() if key not in ("version", "name")}
    columns |= {f"name_{language}": name for language, name in change.get("name", {}).items()}
    now = utc_now()
    with writing() as session:
        were = service.change_space(session, space, version=change["version"], changes=columns)
        record_action(
            session,
            actor_id=current_actor().id,
            action="space.change",
            object_kind="space",
            object_id=space,
            before=were,
            after=columns,
            now=now,
        )
        return _space(*queries.space_with_parts(session, space))
