"""The API of the timetable and of bookings."""

import uuid
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from flask import Response, g, request
from sqlalchemy.orm import Session

from zone.booking import classes, facts, queries, rules, service, timetable
from zone.booking.errors import FULL
from zone.booking.planning import Offer, Weekly
from zone.booking.schemas import (
    BookingSchema,
    BookingsSchema,
    BookRequest,
    CancelRequest,
    ClassRequest,
    ClassSchema,
    SessionSchema,
    SessionsSchema,
    SpanSchema,
)
from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.core.time import Window, day_window, helsinki_date
from zone.db import reading, writing
from zone.http import idempotency
from zone.http.auth import Actor, current_actor, public, require, scope, signed_in
from zone.http.blueprint import Blueprint
from zone.http.reader import asking
from zone.members.queries import member_by_public_id
from zone.places.queries import space_by_public_id

blueprint = Blueprint("booking", __name__, tag="booking")
DAYS_SHOWN: Final = 7
BOOKING, SESSION, CLASS = BookingSchema(), SessionSchema(), ClassSchema()
BOOK_REQUEST = BookRequest()  # a class would be made anew in each request


@blueprint.get("/sessions")
@blueprint.arguments(SpanSchema, location="query")
@blueprint.response(200, SessionsSchema)
@public
@scope("timetable:read")
def sessions(span: dict[str, Any]) -> dict[str, Any]:
    """The public timetable: sessions that start on the days asked for, a week from today when none are."""
    window = _window(span["first"], span["last"], utc_now())
    with reading() as session:
        return {"sessions": timetable.sessions(session, window, member_id=reader_id(), campus=span["campus"])}


def _window(first: date | None, last: date | None, now: datetime) -> Window:
    first = first or (last or helsinki_date(now))
    return day_window(first)[0], day_window(last or first + timedelta(days=DAYS_SHOWN - 1))[1]


def reader_id() -> int | None:
    """The person who reads a public page, if they are signed in."""
    actor: Actor | None = g.get("actor")
    return actor.id if actor is not None and actor.kind == "person" else None


@blueprint.post("/bookings")
@blueprint.arguments(BOOK_REQUEST)
@blueprint.response(201, BookingSchema)
@signed_in
@scope("bookings:write")
def book(wish: dict[str, Any]) -> Response:
    """Book a place; safe to repeat with an Idempotency-Key.

    A refusal is a 409 that names every reason; where the session is full it carries its `queue` (`length`, `open`) and
    free `alternatives`.
    Errors: not_found, session_cancelled, booking_not_open, booking_closed, already_booked, no_right, booking_suspended,
    too_many_bookings, overlapping_booking, session_full.
    """
    member_id, wanted, now = current_actor().id, wish["session"], utc_now()
    if idempotency.HEADER not in request.headers:  # with a key the first answer counts, whatever holds by now
        refuse(member_id, wanted, now)

    def work(session: Session) -> dict[str, Any]:
        booking = service.book(session, member_id=member_id, class_session=wanted, now=now)
        return _dump(BOOKING, timetable.booking_view(session, member_id, booking.public_id))

    try:
        return idempotency.answer_once(201, work)
    except DomainError as refusal:
        if FULL in refusal.reasons:
            refuse(member_id, wanted, now)
        raise


def refuse(member_id: int, wanted: uuid.UUID, now: datetime) -> None:
    """Raise every reason against a booking, while it is full with its queue and what else is free; pass where none is.

    It only reads: a crowd that comes too late waits for no write lock. That it passes promises nothing.
    """
    verdict = facts.verdict(asking(), member_id=member_id, class_session=wanted, now=now)
    if verdict.reasons:
        raise verdict.refusal(**(_instead(verdict, now) if FULL in verdict.reasons else {}))


def _instead(verdict: facts.Verdict, now: datetime) -> dict[str, Any]:
    """What one can do about a full session: wait in its queue, or take another that is free."""
    target, free = verdict.target, timetable.alternatives(asking(), verdict, now)
    may_wait = rules.may_cancel(target.wish.starts_at, target.policy, now)
    queue = {"length": timetable.queue_length(asking(), verdict, now), "open": may_wait}
    return {"queue": queue, **({"alternatives": [_offered(view) for view in free]} if free else {})}


@lru_cache(maxsize=200)
def _offered(view: timetable.SessionView) -> dict[str, Any]:
    """The same few views are offered to a whole crowd."""
    return _dump(SESSION, view)


def _dump(schema: Any, value: object) -> dict[str, Any]:
    dumped: dict[str, Any] = schema.dump(value)
    return dumped


@blueprint.delete("/bookings/<uuid:booking>")
@blueprint.response(200, BookingSchema)
@signed_in
@scope("bookings:write")
def cancel(booking: uuid.UUID) -> timetable.BookingView:
    """Give one's place back; repeating it changes nothing. Errors: not_found, cancel_too_late."""
    member_id, now = current_actor().id, utc_now()
    with writing() as session:
        service.cancel(session, member_id=member_id, booking=booking, now=now)
        return timetable.booking_view(session, member_id, booking)


@blueprint.get("/me/bookings")
@blueprint.response(200, BookingsSchema)
@signed_in
@scope("bookings:read")
def my_bookings() -> dict[str, Any]:
    """One's own bookings, to come and of the last four months."""
    member_id, now = current_actor().id, utc_now()
    with reading() as session:
        return {
            "bookings": timetable.bookings(session, member_id, now),
            "suspended_until": queries.suspended_until(session, member_id, now),
        }


@blueprint.post("/classes")
@blueprint.arguments(ClassRequest)
@blueprint.response(201, ClassSchema)
@require("manager", "admin")
@scope("timetable:write")
def create_class(wish: dict[str, Any]) -> Response:
    """A weekly class: sessions are made for the coming weeks and hold their space, or none when a day clashes.

    Safe to repeat with an Idempotency-Key. Errors: not_found, space_taken, class_invalid, bad_booking_time.
    """
    now = utc_now()

    def work(session: Session) -> dict[str, Any]:
        change = classes.create(
            session, offer_from(session, wish), weekly_from(wish), actor_id=current_actor().id, now=now
        )
        return _dump(CLASS, {"id": change.rule, "sessions": change.made, "closed": change.closed})

    return idempotency.answer_once(201, work)


def offer_from(session: Session, wish: dict[str, Any]) -> Offer:
    """What a wish for a class asks for.

    Raises:
        DomainError: not_found: there is no such space or person.
    """
    space = space_by_public_id(session, wish["space"]) if wish["space"] else None
    instructor = member_by_public_id(session, wish["instructor"]).id if wish["instructor"] else None
    names = {f"name_{language}": name for language, name in wish["name"].items()}
    return Offer(
        kind=wish["kind"], category=wish["category"], space_id=space.id if space else None, instructor_id=instructor,
        capacity=wish["capacity"] or (space.capacity if space else 0), live=wish["live"],
        bookable_percent=wish["bookable_percent"], **names,
    )  # fmt: skip


def weekly_from(wish: dict[str, Any]) -> Weekly:
    """When it asks the class to fall."""
    return Weekly(wish["weekday"], wish["starts_at"], wish["minutes"], wish["first_on"], wish["last_on"])


@blueprint.post("/sessions/<uuid:class_session>/cancel")
@blueprint.arguments(CancelRequest)
@blueprint.response(200, SessionSchema)
@require("instructor", "manager", "admin")
@scope("timetable:write")
def cancel_session(wish: dict[str, Any], class_session: uuid.UUID) -> timetable.SessionView:
    """Cancel a session and tell those who booked; an instructor only their own.

    Errors: not_found, session_cancelled.
    """
    actor, now = current_actor(), utc_now()
    own_only = not actor.roles & {"manager", "admin"}
    with writing() as session:
        service.cancel_session(
            session, class_session, actor_id=actor.id, own_only=own_only, reason=wish["reason"], now=now
        )
        return timetable.session_view(session, class_session)
