"""JSON of a person at the desk: their record, proofs, phones and check-in."""

import uuid
from datetime import datetime
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.access.check_in.errors import NEVER_OVERRIDDEN
from zone.access.check_in.service import CheckIn
from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.bookings import errors as booking_errors
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.errors import SESSION_FULL
from zone.booking.bookings.schemas import BookingSchema, BookRequest
from zone.booking.lotteries import queries as lotteries_queries
from zone.booking.lotteries import service as lotteries
from zone.booking.lotteries.errors import ALREADY_ENTERED, ENTRIES_NOT_OPEN, LOTTERY_OVER
from zone.booking.lotteries.queries import OwnTicket
from zone.booking.lotteries.schemas import LotteryEntrySchema
from zone.booking.no_shows import service as no_shows
from zone.booking.no_shows.errors import NOT_A_NO_SHOW
from zone.booking.reservations import errors as court_errors
from zone.booking.reservations import service as reservations
from zone.booking.reservations.rules import ReservationRequest
from zone.booking.reservations.schemas import CourtRequest
from zone.booking.sessions.errors import SESSION_CANCELLED, SESSION_ENDED, SESSION_HELD
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.core.time import require_utc
from zone.desk.live_doors import queries as live_doors_queries
from zone.desk.live_doors import schemas as live_doors_schemas
from zone.desk.live_doors.rules import remedy_of
from zone.desk.people import queries, schemas, service
from zone.desk.people.errors import OVERRIDE_BY_MANAGER
from zone.members.eligibility import queries as eligibility_queries
from zone.members.eligibility import service as eligibility
from zone.members.eligibility.errors import NO_PROOF, PROOF_DATES_REVERSED, PROOF_TOO_LONG
from zone.members.people.queries import member_by_public_id
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.language import language
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

BOOKING_REFUSALS: Final = (
    booking_errors.BOOKING_NOT_OPEN,
    booking_errors.BOOKING_CLOSED,
    booking_errors.ALREADY_BOOKED,
    *booking_errors.RIGHT_MISSING,
    booking_errors.BOOKING_SUSPENDED,
    booking_errors.TOO_MANY_BOOKINGS,
    booking_errors.OVERLAPPING_BOOKING,
)
COURT_REFUSALS: Final = (
    court_errors.NOT_BOOKABLE,
    court_errors.BAD_BOOKING_TIME,
    court_errors.PLACE_CLOSED,
    court_errors.TOO_MANY_COMPANIONS,
    court_errors.TOO_MANY_SPACE_BOOKINGS,
    court_errors.SPACE_WEEK_FULL,
    SESSION_ENDED,
    SPACE_TAKEN,
)
api: Final = Blueprint("desk_people", __name__, tag="desk")
# Instances: to make a schema from its class in each request takes longer than to use it.
CHECK_IN: Final = schemas.CheckInSchema()
ENTRY: Final = LotteryEntrySchema()
CHECKED_IN: Final = schemas.CheckedInSchema()


@api.get("/desk/people/<uuid:person>")
@api.response(200, schemas.PersonSheetSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND)
def show_person(person: uuid.UUID) -> queries.PersonRecord:
    """A person as the desk needs them. That it was opened is on record."""
    with writing() as session:
        return service.open_record(
            session, current_actor(), person, language=language(), now=utc_now()
        )


@api.post("/desk/people/<uuid:person>/proofs")
@api.arguments(schemas.SeenProofSchema)
@api.response(201, schemas.DeskProofsSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, PROOF_DATES_REVERSED, PROOF_TOO_LONG)
@idempotent
def verify_proof(data: dict[str, Any], person: uuid.UUID) -> Response:
    """Record that the desk saw a proof; answers all proofs, the newest first. The same proof again
    is one proof.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        member = eligibility.record_proof(session, actor, person, **data, now=now)
        return _proofs(session, member.id)

    return idempotency_key.answer_once(201, work)


@api.post("/desk/people/<uuid:person>/proofs/withdrawal")
@api.arguments(schemas.WithdrawnProofSchema)
@api.response(200, schemas.DeskProofsSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, NO_PROOF)
@idempotent
def withdraw_proof(data: dict[str, Any], person: uuid.UUID) -> Response:
    """Take back what proves an affiliation. Passes already sold stay as they are."""
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        member = eligibility.withdraw_proofs(session, actor, person, **data, now=now)
        return _proofs(session, member.id)

    return idempotency_key.answer_once(200, work)


def _proofs(session: Session, member_id: int) -> dict[str, Any]:
    return dump_json(
        schemas.DeskProofsSchema(), {"proofs": eligibility_queries.proofs_of(session, member_id)}
    )


@api.post("/desk/people/<uuid:person>/devices/<kid>/revocation")
@api.arguments(live_doors_schemas.DeskReasonSchema)
@api.response(204)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF)
def revoke_device(data: dict[str, str], person: uuid.UUID, kid: str) -> None:
    """Take the pass off one phone; doing it again changes nothing."""
    with writing() as session:
        service.revoke_device(
            session,
            current_actor(),
            person,
            _kid_bytes(kid),
            reason=data["reason"],
            now=utc_now(),
        )


def _kid_bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:  # no key has such an id
        raise DomainError(NOT_FOUND) from error


@api.post("/desk/people/<uuid:person>/bookings/<uuid:booking>/excuse")
@api.arguments(live_doors_schemas.DeskReasonSchema)
@api.response(204)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, NOT_A_NO_SHOW)
def excuse_no_show(data: dict[str, str], person: uuid.UUID, booking: uuid.UUID) -> None:
    """Excuse a no-show: it stays on record and no longer counts; doing it again changes nothing."""
    with writing() as session:
        no_shows.excuse(
            session, current_actor(), person, booking, reason=data["reason"], now=utc_now()
        )


@api.post("/desk/people/<uuid:person>/bookings/<uuid:booking>/cancellation")
@api.arguments(live_doors_schemas.DeskReasonSchema)
@api.response(204)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, SESSION_HELD, SESSION_CANCELLED)
def cancel_booking(data: dict[str, str], person: uuid.UUID, booking: uuid.UUID) -> None:
    """Cancel a person's booking of a class or a court until its end; the person is told why. Doing
    it again changes nothing.
    """
    with writing() as session:
        bookings.cancel_for(
            session, current_actor(), person, booking, reason=data["reason"], now=utc_now()
        )


@api.post("/desk/people/<uuid:person>/bookings")
@api.arguments(BookRequest)
@api.response(201, BookingSchema)
@may(Permission.DESK_USE)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    *BOOKING_REFUSALS,
    SESSION_CANCELLED,
    SESSION_ENDED,
    booking_errors.PLACES_ARE_DRAWN,
    SESSION_FULL,
)
@idempotent
def book_class(data: dict[str, Any], person: uuid.UUID) -> Response:
    """Book a place in a class for a person, by the rules that hold for them."""
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        booking = bookings.book_for(session, actor, person, data["session"], now=now)
        return _booking(session, person, booking.public_id, now)

    return idempotency_key.answer_once(201, work)


@api.post("/desk/people/<uuid:person>/lottery-entries")
@api.arguments(BookRequest)
@api.response(201, LotteryEntrySchema)
@may(Permission.DESK_USE)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    LOTTERY_OVER,
    ENTRIES_NOT_OPEN,
    ALREADY_ENTERED,
    SESSION_CANCELLED,
    SESSION_ENDED,
    *BOOKING_REFUSALS,
)
@idempotent
def enter_lottery(data: dict[str, Any], person: uuid.UUID) -> Response:
    """Enter the lottery of a class for a person, by the rules that hold for them."""
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        entry = lotteries.enter_for(session, actor, person, data["session"], now=now)
        dumped: dict[str, Any] = ENTRY.dump(_ticket(session, person, entry.ticket))
        return dumped

    return idempotency_key.answer_once(201, work)


@api.post("/desk/people/<uuid:person>/lottery-withdrawals")
@api.arguments(BookRequest)
@api.response(200, LotteryEntrySchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, LOTTERY_OVER)
def withdraw_from_lottery(data: dict[str, Any], person: uuid.UUID) -> OwnTicket:
    """Withdraw a person from the lottery of a class before its draw; again changes nothing."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        entry = lotteries.withdraw_for(session, actor, person, data["session"], now=now)
        return _ticket(session, person, entry.ticket)


def _ticket(session: Session, person: uuid.UUID, ticket: uuid.UUID) -> OwnTicket:
    return lotteries_queries.own_ticket(session, member_by_public_id(session, person).id, ticket)


@api.post("/desk/people/<uuid:person>/courts")
@api.arguments(CourtRequest)
@api.response(201, BookingSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, *BOOKING_REFUSALS, *COURT_REFUSALS)
@idempotent
def book_court(data: dict[str, Any], person: uuid.UUID) -> Response:
    """Book a space for a person's own use, by the rules that hold for them."""
    actor, now = current_actor(), utc_now()
    requested = ReservationRequest(
        data["space"], require_utc(data["starts_at"]), data["minutes"], data["companions"]
    )

    def work(session: Session) -> dict[str, Any]:
        booking = reservations.book_space_for(session, actor, person, requested, now=now)
        return _booking(session, person, booking.public_id, now)

    return idempotency_key.answer_once(201, work)


def _booking(
    session: Session, person: uuid.UUID, booking: uuid.UUID, now: datetime
) -> dict[str, Any]:
    member = member_by_public_id(session, person)
    view = bookings_queries.booking_view(session, member.id, booking, now)
    return dump_json(BookingSchema(), view)


@api.post("/desk/people/<uuid:person>/check-ins")
@api.arguments(CHECK_IN)
@api.response(200, schemas.CheckedInSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, OVERRIDE_BY_MANAGER, NEVER_OVERRIDDEN)
@idempotent
def check_in(data: dict[str, Any], person: uuid.UUID) -> Response:
    """Let a person in without a phone, by the door's own rule. A refusal is an answer (200,
    `granted: false`).
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        check_in = service.check_in(session, actor, person, **data, now=now)
        return dump_json(CHECKED_IN, _check_in_values(check_in))

    return idempotency_key.answer_once(200, work)


def _check_in_values(check_in: CheckIn) -> dict[str, Any]:
    reason = check_in.reason.value
    return {
        "granted": check_in.granted,
        "reason": reason,
        "detail": live_doors_queries.reason_text(reason, language()),
        "remedy": remedy_of(reason),
        "overridden": check_in.overridden,
        "again": check_in.again,
    }
