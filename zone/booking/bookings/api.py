"""The API of bookings: book a place, cancel it, list one's own."""

import uuid
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from flask import Response, request
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from zone.booking.booking_bans.queries import banned_until
from zone.booking.bookings import context, queries, service, views
from zone.booking.bookings.errors import (
    ALREADY_BOOKED,
    BOOKING_CLOSED,
    BOOKING_NOT_OPEN,
    BOOKING_SUSPENDED,
    CANCEL_AFTER_START,
    CANCEL_TOO_LATE,
    OVERLAPPING_BOOKING,
    PERSON_SUSPENDED,
    PLACES_ARE_DRAWN,
    RIGHT_MISSING,
    SESSION_FULL,
    TOO_MANY_BOOKINGS,
)
from zone.booking.bookings.schemas import (
    BookingSchema,
    BookingsSchema,
    BookRequest,
    CanBookSchema,
    CancelQuery,
    QueueOfSessionSchema,
)
from zone.booking.free_sessions import queries as free_sessions
from zone.booking.offers.errors import OFFER_ENDED
from zone.booking.sessions import views as sessions_views
from zone.booking.sessions.errors import SESSION_CANCELLED, SESSION_ENDED
from zone.booking.sessions.schemas import SessionSchema
from zone.booking.waitlist.rules import reasons_against_joining
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.web import idempotency_key
from zone.web.auth import current_actor, may, reader_is_staff
from zone.web.blueprint import Blueprint
from zone.web.language import language
from zone.web.read_connection import read_connection
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_bookings", __name__, tag="booking")
BOOKING: Final = BookingSchema()
SESSION: Final = SessionSchema()
QUEUE: Final = QueueOfSessionSchema()
# An instance: of a class, `arguments` would create a new schema in each request.
BOOK_REQUEST: Final = BookRequest()


@api.post("/bookings")
@api.arguments(BOOK_REQUEST)
@api.response(201, BookingSchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(
    NOT_FOUND,
    SESSION_CANCELLED,
    SESSION_ENDED,
    BOOKING_NOT_OPEN,
    BOOKING_CLOSED,
    ALREADY_BOOKED,
    PLACES_ARE_DRAWN,
    *RIGHT_MISSING,
    PERSON_SUSPENDED,
    BOOKING_SUSPENDED,
    TOO_MANY_BOOKINGS,
    OVERLAPPING_BOOKING,
    SESSION_FULL,
    OFFER_ENDED,
)
@idempotent
def book(data: dict[str, Any]) -> Response:
    """Book a place; safe to repeat with an Idempotency-Key.

    Who has an open offer of a place takes that one. A refusal is a 409 that names every reason;
    where the session is full it carries its `queue` (`length`, `open`) and free `alternatives`.
    """
    member_id, class_session, now = current_actor().id, data["session"], utc_now()
    # With a key the stored answer of the first request counts, whatever the rules say by now.
    if idempotency_key.HEADER not in request.headers:
        refuse(member_id, class_session, now)

    def work(session: Session) -> dict[str, Any]:
        booking = service.book(
            session,
            member_id=member_id,
            class_session=class_session,
            now=now,
            sees_hidden=reader_is_staff(),
        )
        return _dump(BOOKING, queries.booking_view(session, member_id, booking.public_id, now))

    try:
        return idempotency_key.answer_once(201, work)
    except DomainError as refusal:
        if SESSION_FULL in refusal.reasons:
            refuse(member_id, class_session, now)
        raise


def refuse(member_id: int, class_session: uuid.UUID, now: datetime) -> None:
    """Raise every reason against a booking; of a full session with its queue and free alternatives.

    No reason now does not promise that the booking succeeds.
    """
    # A read: of the hundreds who find a session full when booking opens, nobody waits for a write
    # lock.
    connection = read_connection()
    check = context.check_booking(
        connection,
        member_id=member_id,
        class_session=class_session,
        now=now,
        sees_hidden=reader_is_staff(),
    )
    if reasons := check.reasons_now(now):
        full = SESSION_FULL in check.reasons
        raise check.refusal(
            *reasons, **(_dump_instead(_instead(connection, check, now)) if full else {})
        )


def _instead(connection: Connection, check: context.BookingCheck, now: datetime) -> dict[str, Any]:
    """Return what is possible instead of a full session: its queue, and other sessions that are
    free.
    """
    target, place = check.target, check.place
    against = reasons_against_joining(
        check.reasons, target.requested, place.queues, target.policy, now
    )
    return {
        "queue": {
            "length": free_sessions.queue_length(connection, check, now),
            "open": not against,
            "entry": place.entry,
            "offered_until": place.offered_until,
        },
        "alternatives": free_sessions.alternatives(connection, check, now),
    }


def _dump_instead(instead: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a refusal; without alternatives where there are none."""
    free = [_dump_session(view) for view in instead["alternatives"]]
    return {"queue": _dump(QUEUE, instead["queue"])} | ({"alternatives": free} if free else {})


@api.get("/sessions/<uuid:class_session>/can-book")
@api.response(200, CanBookSchema)
@may(Permission.BOOKINGS_READ)
@refuses(NOT_FOUND)
def can_book(class_session: uuid.UUID) -> dict[str, Any]:
    """Whether one could book a session now, with every reason against it; it promises no place."""
    member_id, now, connection = current_actor().id, utc_now(), read_connection()
    check = context.check_booking(
        connection,
        member_id=member_id,
        class_session=class_session,
        now=now,
        sees_hidden=reader_is_staff(),
    )
    reasons = check.reasons_now(now)
    instead = _instead(connection, check, now) if SESSION_FULL in check.reasons else {}
    policy = check.target.policy
    until = policy.cancel_until(check.target.requested.starts_at, now)
    return {
        "can_book": not reasons,
        "reasons": [
            {"code": reason.code, "detail": reason.text(language(), check.params)}
            for reason in check.in_words(reasons)
        ],
        "cancel_until": None if reasons else until,
        "queue": instead.get("queue"),
        "alternatives": instead.get("alternatives", []),
    }


@lru_cache(maxsize=200)
def _dump_session(view: sessions_views.SessionView) -> dict[str, Any]:
    # Cached: when booking opens, hundreds of refusals carry the same few sessions.
    return _dump(SESSION, view)


def _dump(schema: Any, value: object) -> dict[str, Any]:
    dumped: dict[str, Any] = schema.dump(value)
    return dumped


@api.delete("/bookings/<uuid:booking>")
@api.arguments(CancelQuery, location="query")
@api.response(200, BookingSchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(NOT_FOUND, CANCEL_TOO_LATE, CANCEL_AFTER_START, SESSION_ENDED, SESSION_CANCELLED)
def cancel(query: dict[str, bool], booking: uuid.UUID) -> views.BookingView:
    """Give one's place back; repeating it changes nothing.

    With `late` also after `cancel_until`, until the start: that is a mark where others wanted the
    place, see `/me/marks`.
    """
    member_id, now = current_actor().id, utc_now()
    with writing() as session:
        service.cancel(session, member_id=member_id, booking=booking, now=now, late=query["late"])
        return queries.booking_view(session, member_id, booking, now)


@api.get("/me/bookings")
@api.response(200, BookingsSchema)
@may(Permission.BOOKINGS_READ)
def my_bookings() -> dict[str, Any]:
    """One's own bookings, to come and of the last four months."""
    member_id, now = current_actor().id, utc_now()
    with reading() as session:
        return {
            "bookings": queries.bookings(session, member_id, now),
            "suspended_until": banned_until(session, member_id, now),
        }
