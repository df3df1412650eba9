"""The API of weekly classes, for those who plan them."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.booking.activities.rules import STAFF_KINDS
from zone.booking.affected_people.pages import note_sessions
from zone.booking.affected_people.service import preview_change
from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.reservations.errors import BAD_BOOKING_TIME
from zone.booking.sessions.errors import CAPACITY_BELOW_BOOKED, CLASS_INVALID
from zone.booking.weekly_classes import queries, service
from zone.booking.weekly_classes.errors import CLASS_OVER, NOT_AN_INSTRUCTOR
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.queries import details_from, plan_from, weekly_from, weekly_json
from zone.booking.weekly_classes.rules import ClassChange
from zone.booking.weekly_classes.schemas import (
    ClassChangeRequest,
    ClassChangeSchema,
    ClassesSchema,
    ClassRequest,
    ClassSchema,
    WeeklySchema,
)
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.web import idempotency_key
from zone.web.auth import current_actor, may, reader_is_staff
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_weekly_classes", __name__, tag="planning")
CLASS: Final = ClassSchema()


@api.get("/classes")
@api.response(200, ClassesSchema)
@may(Permission.PLANNING_READ)
def list_classes() -> dict[str, Any]:
    """The weekly classes that still fall on some day."""
    with reading() as session:
        return {
            "classes": [
                weekly_json(session, rule)
                for rule in queries.classes(session, helsinki_date(utc_now()))
                if _is_shown(rule)
            ]
        }


def _is_shown(rule: SessionRule) -> bool:
    # A token that only reads may drive a public screen.
    plans = reader_is_staff() or current_actor().may(Permission.TIMETABLE_WRITE)
    return plans or rule.kind not in STAFF_KINDS


@api.get("/classes/<uuid:class_id>")
@api.response(200, WeeklySchema)
@may(Permission.PLANNING_READ)
@refuses(NOT_FOUND)
def show_class(class_id: uuid.UUID) -> dict[str, Any]:
    """A weekly class with its version."""
    with reading() as session:
        rule = service.class_by_id(session, class_id)
        if not _is_shown(rule):
            raise DomainError(NOT_FOUND)
        return weekly_json(session, rule)


@api.put("/classes/<uuid:class_id>")
@api.arguments(ClassChangeRequest)
@api.response(200, ClassChangeSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(
    NOT_FOUND,
    EDITED_MEANWHILE,
    CLASS_INVALID,
    CLASS_OVER,
    NOT_AN_INSTRUCTOR,
    SPACE_TAKEN,
    CAPACITY_BELOW_BOOKED,
)
def change_class(data: dict[str, Any], class_id: uuid.UUID) -> ClassChange:
    """Change a weekly class from a day on. Moved sessions are cancelled, and those who booked are
    told. A preview names the people of these sessions, to whoever may see who comes.
    """
    actor, now = current_actor(), utc_now()
    with writing() as session:
        change = service.change_class(
            session, actor, class_id, plan_from(session, class_id, data), now=now
        )
        if data["preview"]:
            change = preview_change(session, actor, change, now)
    note_sessions([*change.sessions, *change.ended])
    return change


@api.post("/classes", tags=["booking"])
@api.arguments(ClassRequest)
@api.response(201, ClassSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, SPACE_TAKEN, CLASS_INVALID, CLASS_OVER, NOT_AN_INSTRUCTOR, BAD_BOOKING_TIME)
@idempotent
def create_class(data: dict[str, Any]) -> Response:
    """A weekly class: sessions are made for the coming weeks and hold their space, or none when a
    day clashes.

    Safe to repeat with an Idempotency-Key.
    """
    now = utc_now()

    def work(session: Session) -> dict[str, Any]:
        change = service.plan_class(
            session, current_actor(), details_from(session, data), weekly_from(data), now=now
        )
        created: dict[str, Any] = CLASS.dump(
            {
                "id": change.rule,
                "sessions": change.made,
                "closed": change.closed,
                "skipped": change.skipped,
                "repeated": change.repeated,
                "days": change.days,
            }
        )
        return created

    return idempotency_key.answer_once(201, work)
