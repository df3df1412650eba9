"""The API of spaces and opening hours. It lives here and not in `places`, which knows nobody: staff is audited, and a
day that is closed hits what is booked.
"""

from datetime import date
from typing import Any, Final
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from zone.booking import closing
from zone.booking.closing import Hit, NewDay
from zone.booking.closing_schemas import DaySetSchema
from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.db import reading, writing
from zone.http import idempotency
from zone.http.auth import current_actor, public, require, scope
from zone.http.blueprint import Blueprint
from zone.members.service import audit
from zone.places import queries, service
from zone.places.errors import HOURS_INVALID
from zone.places.models import Space
from zone.places.schemas import (
    NUMBERS,
    NewDaySchema,
    NewHoursSchema,
    NewSpaceSchema,
    OpeningSchema,
    SpaceChangeSchema,
    SpaceSchema,
    SpacesQuery,
    SpacesSchema,
    WeekdaysSchema,
)

api: Final = Blueprint("places", __name__, tag="places")
SPACE, DAY_SET = SpaceSchema(), DaySetSchema()


@api.get("/spaces")
@api.arguments(SpacesQuery, location="query")
@api.response(200, SpacesSchema)
@public
@scope("timetable:read")
def spaces(asked: dict[str, Any]) -> dict[str, Any]:
    """Every space with its parts, and its own rules for own use (null: as the service's policy says)."""
    with reading() as session:
        found = queries.spaces_with_parts(session, asked["campus"])
        return {"spaces": [_space(*row) for row in found], "next": None}


def _space(space: Space, campus: str) -> dict[str, Any]:
    own = ("code", "capacity", "own_use", "companions", "version", *NUMBERS)
    return {
        "id": space.public_id, "campus": campus, "parts": sorted(part.code for part in space.parts),
        "name": {"fi": space.name_fi, "sv": space.name_sv, "en": space.name_en},
        **{name: getattr(space, name) for name in own},
    }  # fmt: skip


@api.post("/spaces")
@api.arguments(NewSpaceSchema)
@api.response(201, SpaceSchema)
@require("manager", "admin")
@scope("timetable:write")
def create_space(new: dict[str, Any]) -> Response:
    """Make a space out of parts: a hall, half of it, a court that straddles its thirds.

    Safe to repeat with an Idempotency-Key. Errors: not_found, space_exists, space_invalid.
    """
    now = utc_now()

    def work(session: Session) -> dict[str, Any]:
        campus, name = queries.campus_by_code(session, new["campus"]), new["name"]
        rules = {key: new[key] for key in (*NUMBERS, "own_use", "companions") if key in new}
        made = service.create_space(
            session, campus_id=campus.id, code=new["code"], names=(name["fi"], name["sv"], name["en"]),
            capacity=new["capacity"], parts=new["parts"], **rules,
        )  # fmt: skip
        shown = _dumped(_space(made, campus.code))
        audit(session, actor_id=current_actor().id, action="space.create", object_kind="space",
              object_id=made.public_id, after=shown, now=now)  # fmt: skip
        return shown

    return idempotency.answer_once(201, work)


def _dumped(space: dict[str, Any]) -> dict[str, Any]:
    dumped: dict[str, Any] = SPACE.dump(space)
    return dumped


@api.patch("/spaces/<uuid:space>")
@api.arguments(SpaceChangeSchema)
@api.response(200, SpaceSchema)
@require("manager", "admin")
@scope("timetable:write")
def change_space(change: dict[str, Any], space: UUID) -> dict[str, Any]:
    """Change a space's names, capacity and rules; bookings that were made keep what they hold.

    Errors: not_found, edited_meanwhile, space_invalid.
    """
    columns = {key: value for key, value in change.items() if key not in ("version", "name")}
    columns |= {f"name_{language}": name for language, name in change.get("name", {}).items()}
    now = utc_now()
    with writing() as session:
        were = service.change_space(session, space, version=change["version"], changes=columns)
        audit(session, actor_id=current_actor().id, action="space.change", object_kind="space", object_id=space,
              before=were, after=columns, now=now)  # fmt: skip
        return _space(*queries.space_with_parts(session, space))


@api.get("/campuses/<campus>/hours")
@api.response(200, OpeningSchema)
@public
@scope("timetable:read")
def hours(campus: str) -> dict[str, Any]:
    """The ordinary week of a campus as it is now, and the days to come with other hours. Errors: not_found."""
    today = helsinki_date(utc_now())
    with reading() as session:
        campus_id = queries.campus_by_code(session, campus).id
        week = queries.week_on(session, campus_id, today)
        return {
            "week": [
                {"weekday": weekday, "hours": [{"opens": a, "closes": b} for a, b in openings]}
                for weekday, openings in week
            ],
            "exceptions": queries.exceptions_from(session, campus_id, today),
            "next": None,
        }


@api.post("/campuses/<campus>/hours")
@api.arguments(NewHoursSchema)
@api.response(201, WeekdaysSchema)
@require("manager", "admin")
@scope("timetable:write")
def set_hours(new: dict[str, Any], campus: str) -> dict[str, Any]:
    """Set the ordinary hours of some weekdays from a day on. What they hit is not called off: close the days instead.

    Errors: not_found, hours_invalid, hours_already_set.
    """
    now, weekdays = utc_now(), sorted(set(new["weekdays"]))
    with writing() as session:
        service.set_hours(
            session, campus_id=queries.campus_by_code(session, campus).id, **{**new, "weekdays": weekdays}
        )  # fmt: skip
        after = {key: str(value) for key, value in new.items()}
        audit(session, actor_id=current_actor().id, action="campus.hours", object_kind="campus", object_id=campus,
              after=after, now=now)  # fmt: skip
    opening = {"opens": new["opens"], "closes": new["closes"]}
    return {"week": [{"weekday": weekday, "hours": [opening]} for weekday in weekdays]}


@api.post("/campuses/<campus>/exceptions")
@api.arguments(NewDaySchema)
@api.response(201, DaySetSchema)
@require("manager", "admin")
@scope("timetable:write")
def set_day(new: dict[str, Any], campus: str) -> Response:
    """Close a campus on a day, or give it other hours; the answer names every session and booking that this hits.

    They stand unless `cancel` is true: then they are called off, and who booked gets a mail with the reason. Safe to
    repeat with an Idempotency-Key. Errors: not_found, day_already_set, hours_invalid.
    """
    now, day = utc_now(), new_day(new)

    def work(session: Session) -> dict[str, Any]:
        hit = closing.set_day(
            session, queries.campus_by_code(session, campus), day, cancel=new["cancel"], replace=new["replace"],
            actor_id=current_actor().id, now=now,
        )  # fmt: skip
        shown: dict[str, Any] = DAY_SET.dump({**new, "hits": [_hit(one) for one in hit], "cancelled": new["cancel"]})
        return shown

    return idempotency.answer_once(201, work)


def new_day(new: dict[str, Any]) -> NewDay:
    """What was asked for a day.

    Raises:
        DomainError: hours_invalid: only one of the times, or closing before opening.
    """
    opens, closes = new["opens"], new["closes"]
    if (opens is None) != (closes is None) or (opens and closes and opens >= closes):
        raise DomainError(HOURS_INVALID)
    return NewDay(new["day"], (opens, closes) if opens and closes else None, new["reason"])


def _hit(hit: Hit) -> dict[str, Any]:
    one, space = hit.session, hit.space
    return {
        "session": one.public_id, "kind": one.kind, "starts_at": one.starts_at, "ends_at": one.ends_at,
        "name": {"fi": one.name_fi, "sv": one.name_sv, "en": one.name_en}, "booked": hit.booked,
        "space": {"fi": space.name_fi, "sv": space.name_sv, "en": space.name_en},
    }  # fmt: skip


@api.delete("/campuses/<campus>/exceptions/<day>")
@api.response(204)
@require("manager", "admin")
@scope("timetable:write")
def drop_day(campus: str, day: str) -> Response:
    """Let the ordinary hours of a day hold again; what was called off stays so. Errors: not_found."""
    now = utc_now()
    with writing() as session:
        found = queries.campus_by_code(session, campus)
        closing.drop_day(session, found, readable(day), actor_id=current_actor().id, now=now)
    return Response(status=204)


def readable(day: str) -> date:
    """A day as an address writes it.

    Raises:
        DomainError: not_found: there is no such day.
    """
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise DomainError(NOT_FOUND) from error
