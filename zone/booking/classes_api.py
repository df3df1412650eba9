"""JSON of weekly classes and terms for those who plan them."""

import uuid
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.booking import classes, service, terms, timetable
from zone.booking.api import offer_from, weekly_from
from zone.booking.classes import Change, ClassPlan
from zone.booking.classes_schemas import (
    CapacityRequest,
    ClassChangeRequest,
    ClassChangeSchema,
    ClassesSchema,
    NewTermSchema,
    TermSchema,
    TermsSchema,
    WeeklySchema,
    WeekRequest,
    three,
)
from zone.booking.models import SessionRule
from zone.booking.schemas import SessionSchema
from zone.core.clock import utc_now
from zone.core.time import helsinki_date
from zone.db import reading, writing
from zone.http import idempotency
from zone.http.auth import current_actor, require, scope
from zone.http.blueprint import Blueprint
from zone.members.queries import member_by_id
from zone.places.queries import Term, space_by_id
from zone.places.queries import terms as all_terms

api = Blueprint("planning", __name__, tag="planning")


@api.get("/classes")
@api.response(200, ClassesSchema)
@require("manager", "admin")
@scope("timetable:read")
def list_classes() -> dict[str, Any]:
    """The weekly classes that still fall on some day."""
    with reading() as session:
        return {"classes": [weekly_json(session, rule) for rule in classes.classes(session, helsinki_date(utc_now()))]}


@api.get("/classes/<uuid:class_id>")
@api.response(200, WeeklySchema)
@require("manager", "admin")
@scope("timetable:read")
def show_class(class_id: uuid.UUID) -> dict[str, Any]:
    """A weekly class with its version. Errors: not_found."""
    with reading() as session:
        return weekly_json(session, classes.class_by_id(session, class_id))


@api.put("/classes/<uuid:class_id>")
@api.arguments(ClassChangeRequest)
@api.response(200, ClassChangeSchema)
@require("manager", "admin")
@scope("timetable:write")
def change_class(wish: dict[str, Any], class_id: uuid.UUID) -> Change:
    """Change a weekly class from a day on. Moved sessions are cancelled, and those who booked are told.

    Errors: not_found, edited_meanwhile, class_invalid, space_taken, capacity_below_booked.
    """
    with writing() as session:
        plan = ClassPlan(
            offer_from(session, wish), weekly_from(wish), wish["version"], wish["from_day"], wish["reason"]
        )
        done = classes.change(session, class_id, plan, actor_id=current_actor().id, now=utc_now())
        if wish["preview"]:
            session.rollback()
        return done


@api.put("/sessions/<uuid:class_session>/capacity")
@api.arguments(CapacityRequest)
@api.response(200, SessionSchema)
@require("manager", "admin")
@scope("timetable:write")
def change_capacity(wish: dict[str, Any], class_session: uuid.UUID) -> timetable.SessionView:
    """Change how many places a session has; those that come free go to the queue.

    Errors: not_found, session_cancelled, class_invalid, capacity_below_booked.
    """
    with writing() as session:
        service.set_capacity(
            session, class_session, wish["capacity"], actor_id=current_actor().id, reason=wish["reason"], now=utc_now()
        )
        return timetable.session_view(session, class_session)


@api.get("/terms")
@api.response(200, TermsSchema)
@require("manager", "admin")
@scope("timetable:read")
def list_terms() -> dict[str, Any]:
    """Every term with its regular weeks and breaks."""
    with reading() as session:
        return {"terms": [term_json(term) for term in all_terms(session, utc_now())]}


@api.post("/terms")
@api.arguments(NewTermSchema)
@api.response(201, TermSchema)
@require("manager", "admin")
def create_term(new: dict[str, Any]) -> Response:
    """A term, all of whose weeks are regular. Send an Idempotency-Key, so that a repeated request gets the same.

    Errors: term_invalid, idempotency_mismatch, idempotency_key_invalid.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        made = terms.create_term(session, actor_id=actor.id, now=now, **new)
        found = next(term for term in all_terms(session, now) if term.season.id == made.id)
        body: dict[str, Any] = TermSchema().dump(term_json(found))
        return body

    return idempotency.answer_once(201, work)


@api.put("/terms/weeks/<int:year>/<int:week>")
@api.arguments(WeekRequest)
@api.response(200, TermsSchema)
@require("manager", "admin")
def mark_week(wish: dict[str, bool], year: int, week: int) -> dict[str, Any]:
    """Count an ISO week in the weekly hours from now on, or not; older figures stay. Errors: not_found."""
    now = utc_now()
    with writing() as session:
        terms.mark_week(session, year, week, regular=wish["regular"], actor_id=current_actor().id, now=now)
        return {"terms": [term_json(term) for term in all_terms(session, utc_now())]}


def weekly_json(session: Session, rule: SessionRule) -> dict[str, Any]:
    """A class as WeeklySchema writes it."""
    own = {name: getattr(rule, name) for name in ("kind", "category", "live", "weekday", "starts_at", "minutes")}
    return own | {
        "id": rule.public_id,
        "version": classes.version_of(rule),
        "name": three(rule),
        "space": space_by_id(session, rule.space_id).public_id if rule.space_id else None,
        "instructor": member_by_id(session, rule.instructor_id).public_id if rule.instructor_id else None,
        "first_on": rule.first_on,
        "last_on": rule.last_on,
        "capacity": rule.capacity,
        "bookable_percent": rule.bookable_percent,
    }


def term_json(term: Term) -> dict[str, Any]:
    """A term as TermSchema writes it."""
    weeks = [{"year": year, "week": week, "regular": regular} for year, week, regular in term.weeks]
    season = term.season
    return {
        "code": season.code, "kind": season.kind, "starts_on": season.starts_on, "ends_on": season.ends_on,
        "weeks": weeks,
    }  # fmt: skip
