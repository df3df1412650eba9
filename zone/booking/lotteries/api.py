"""The API of lotteries. Everybody can read one; `zone lottery` recomputes what they read."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.booking.bookings.errors import (
    ALREADY_BOOKED,
    BOOKING_CLOSED,
    BOOKING_NOT_OPEN,
    BOOKING_SUSPENDED,
    OVERLAPPING_BOOKING,
    PERSON_SUSPENDED,
    RIGHT_MISSING,
)
from zone.booking.lotteries import queries, service
from zone.booking.lotteries.errors import (
    ALREADY_ENTERED,
    ENTRIES_NOT_OPEN,
    LOTTERY_COMMITTED,
    LOTTERY_OVER,
    LOTTERY_TIMES,
    PLACES_IN_USE,
)
from zone.booking.lotteries.queries import LotteryView, OwnTicket
from zone.booking.lotteries.rules import KEY_FILE, NewLottery
from zone.booking.lotteries.schemas import (
    CallOffRequest,
    LotteryEntriesSchema,
    LotteryEntrySchema,
    LotteryRequest,
    LotterySchema,
)
from zone.booking.sessions.errors import SESSION_CANCELLED, SESSION_ENDED
from zone.core import secrets
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web import idempotency_key
from zone.web.auth import current_actor, may, reader_is_staff
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_lotteries", __name__, tag="lottery")
ENTRY: Final = LotteryEntrySchema()
LOTTERY: Final = LotterySchema()


@api.post("/sessions/<uuid:class_session>/lottery")
@api.arguments(LotteryRequest)
@api.response(201, LotterySchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(
    NOT_FOUND, SESSION_CANCELLED, SESSION_ENDED, LOTTERY_COMMITTED, PLACES_IN_USE, LOTTERY_TIMES
)
@idempotent
def announce(data: dict[str, Any], class_session: uuid.UUID) -> Response:
    """Announce that the places of a session are drawn; until then nobody books them.

    What is announced does not change: a lottery can only be called off.
    """
    actor, now = current_actor(), utc_now()
    secret = secrets.current_secret(current_settings().keys, KEY_FILE)

    def work(session: Session) -> dict[str, Any]:
        lottery = service.announce(
            session, actor, class_session, NewLottery(**data), secret=secret, now=now
        )
        dumped: dict[str, Any] = LOTTERY.dump(queries.lottery_view(session, lottery.public_id))
        return dumped

    return idempotency_key.answer_once(201, work)


@api.post("/lotteries/<uuid:lottery>/call-off")
@api.arguments(CallOffRequest)
@api.response(200, LotterySchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, LOTTERY_OVER)
def call_off(data: dict[str, Any], lottery: uuid.UUID) -> LotteryView:
    """Call a lottery off and tell those who entered; repeating it changes nothing."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        service.call_off(session, actor, lottery, reason=data["reason"], now=now)
        return queries.lottery_view(session, lottery)


@api.get("/lotteries/<uuid:lottery>")
@api.response(200, LotterySchema)
@may(Permission.TIMETABLE_READ)
@refuses(NOT_FOUND)
def lottery(lottery: uuid.UUID) -> LotteryView:
    """A lottery with its tickets, and after the draw its seed: all that recomputes it."""
    with reading() as session:
        return queries.lottery_view(session, lottery)


@api.post("/lotteries/<uuid:lottery>/entries")
@api.response(201, LotteryEntrySchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(
    NOT_FOUND,
    LOTTERY_OVER,
    ENTRIES_NOT_OPEN,
    ALREADY_ENTERED,
    SESSION_CANCELLED,
    SESSION_ENDED,
    ALREADY_BOOKED,
    BOOKING_CLOSED,
    BOOKING_NOT_OPEN,
    *RIGHT_MISSING,
    PERSON_SUSPENDED,
    BOOKING_SUSPENDED,
    OVERLAPPING_BOOKING,
)
@idempotent
def enter(lottery: uuid.UUID) -> Response:
    """Enter a lottery; the answer has one's ticket. Safe to repeat with an Idempotency-Key."""
    member_id, now, sees_hidden = current_actor().id, utc_now(), reader_is_staff()

    def work(session: Session) -> dict[str, Any]:
        entry = service.enter(
            session, member_id=member_id, lottery=lottery, now=now, sees_hidden=sees_hidden
        )
        dumped: dict[str, Any] = ENTRY.dump(queries.own_ticket(session, member_id, entry.ticket))
        return dumped

    return idempotency_key.answer_once(201, work)


@api.delete("/lotteries/entries/<uuid:ticket>")
@api.response(200, LotteryEntrySchema)
@may(Permission.BOOKINGS_WRITE)
@refuses(NOT_FOUND, LOTTERY_OVER)
def withdraw(ticket: uuid.UUID) -> OwnTicket:
    """Withdraw one's ticket before the draw; repeating it changes nothing."""
    member_id, now = current_actor().id, utc_now()
    with writing() as session:
        service.withdraw(session, member_id=member_id, ticket=ticket, now=now)
        return queries.own_ticket(session, member_id, ticket)


@api.get("/me/lotteries")
@api.response(200, LotteryEntriesSchema)
@may(Permission.BOOKINGS_READ)
def my_lotteries() -> dict[str, Any]:
    """One's own tickets in lotteries that are to be drawn, the next draw first."""
    with reading() as session:
        return {"entries": queries.own_tickets(session, current_actor().id)}
