"""The API of spaces for own use.

A booking of one is given back like any other: DELETE /bookings/{booking}.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from flask import Response, request
from sqlalchemy.orm import Session

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings.errors import (
    BOOKING_CLOSED,
    BOOKING_NOT_OPEN,
    BOOKING_SUSPENDED,
    OVERLAPPING_BOOKING,
    PERSON_SUSPENDED,
    RIGHT_MISSING,
    TOO_MANY_BOOKINGS,
)
from zone.booking.bookings.schemas import BookingSchema
from zone.booking.policies import queries as policies_queries
from zone.booking.reservations import context, queries, service
from zone.booking.reservations.errors import (
    BAD_BOOKING_TIME,
    NOT_BOOKABLE,
    PLACE_CLOSED,
    SPACE_WEEK_FULL,
    TOO_MANY_COMPANIONS,
    TOO_MANY_SPACE_BOOKINGS,
)
from zone.booking.reservations.rules import Court, FreeStart, ReservationRequest
from zone.booking.reservations.schemas import CourtRequest, CourtsQuery, CourtsSchema, SlotSchema
from zone.booking.sessions.errors import SESSION_ENDED
from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date, require_utc
from zone.web import idempotency_key
from zone.web.auth import current_actor, may, reader_id
from zone.web.blueprint import Blueprint
from zone.web.read_connection import read_connection
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_reservations", __name__, tag="courts")
BOOKING, SLOT = BookingSchema(), SlotSchema()


@api.get("/courts")
@api.arguments(CourtsQuery, location="query")
@api.response(200, CourtsSchema)
@may(Permission.TIMETABLE_READ)
def show_courts(data: dict[str, Any]) -> dict[str, Any]:
    """What is free on a day: every space for own use, its rules, and each start with the longest
    booking from it.
    """
    now, minutes = utc_now(), data["minutes"]
    day = data["day"] or helsinki_date(now)
    policy = policies_queries.policies(read_connection(), now, reader_id()).of()
    courts = context.courts_of_campus(read_connection(), [day], policy, data["campus"])
    free = courts.free(now, minutes)
    later = (
        None
        if any(free.values())
        else queries.next_free(read_connection(), day, policy, data["campus"], minutes, now)
    )
    return {
        "day": day,
        "courts": [_court(court, free[court.public_id]) for court in courts.courts],
        "next": None,
        "next_free": slot(later[0], later[1].starts_at, minutes or later[0].rules.lengths[0])
        if later
        else None,
    }


def _court(court: Court, free: list[FreeStart]) -> dict[str, Any]:
    space_rules = court.rules
    return {
        **_place(court),
        "step_minutes": space_rules.step,
        "least_minutes": space_rules.least,
        "most_minutes": space_rules.most,
        "companions": space_rules.companions,
        "free": free,
    }


def _place(court: Court) -> dict[str, Any]:
    return {
        "space": court.public_id,
        "name": court.name,
        "campus": court.campus,
        "campus_name": court.campus_name,
    }


def slot(court: Court, start: datetime, minutes: int) -> dict[str, Any]:
    """Return a space and a time as `SlotSchema` writes them."""
    return {**_place(court), "starts_at": start, "ends_at": start + timedelta(minutes=minutes)}


@api.post("/courts/bookings")
@api.arguments(CourtRequest)
@api.response(201, BookingSchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(
    NOT_FOUND,
    NOT_BOOKABLE,
    BAD_BOOKING_TIME,
    PLACE_CLOSED,
    SPACE_TAKEN,
    BOOKING_NOT_OPEN,
    BOOKING_CLOSED,
    SESSION_ENDED,
    *RIGHT_MISSING,
    PERSON_SUSPENDED,
    BOOKING_SUSPENDED,
    TOO_MANY_BOOKINGS,
    OVERLAPPING_BOOKING,
    TOO_MANY_COMPANIONS,
    TOO_MANY_SPACE_BOOKINGS,
    SPACE_WEEK_FULL,
)
@idempotent
def book(data: dict[str, Any]) -> Response:
    """Book a space for one's own use; safe to repeat with an Idempotency-Key.

    A refusal names every reason; a 409 also carries `alternatives`: what this person could book
    instead.
    """
    member_id, now = current_actor().id, utc_now()
    requested = ReservationRequest(
        data["space"], require_utc(data["starts_at"]), data["minutes"], data["companions"]
    )
    # With a key the stored answer of the first request counts, whatever the rules say by now.
    if idempotency_key.HEADER not in request.headers:
        refuse(member_id, requested, now)

    def work(session: Session) -> dict[str, Any]:
        booking = service.book_space(session, member_id=member_id, requested=requested, now=now)
        dumped: dict[str, Any] = BOOKING.dump(
            bookings_queries.booking_view(session, member_id, booking.public_id, now)
        )
        return dumped

    try:
        return idempotency_key.answer_once(201, work)
    except DomainError as refusal:
        raise with_alternatives(refusal, member_id, requested, now) from refusal


def refuse(member_id: int, requested: ReservationRequest, now: datetime) -> None:
    """Raise every reason against a reservation. No reason now does not promise that it succeeds."""
    try:
        check = queries.check_reservation(
            read_connection(), member_id=member_id, requested=requested, now=now
        )
    except DomainError as refusal:
        raise with_alternatives(refusal, member_id, requested, now) from refusal
    if check.reasons:
        raise with_alternatives(check.refusal(), member_id, requested, now)


def with_alternatives(
    refusal: DomainError, member_id: int, requested: ReservationRequest, now: datetime
) -> DomainError:
    """Return a refusal with what this person could reserve instead, where it is a 409."""
    if refusal.status != 409:
        return refusal
    free = queries.alternatives(
        read_connection(), member_id=member_id, requested=requested, now=now
    )
    offered = [SLOT.dump(slot(court, start, requested.minutes)) for court, start in free]
    return DomainError(
        *refusal.reasons, params=refusal.params, **{**refusal.extra, "alternatives": offered}
    )
