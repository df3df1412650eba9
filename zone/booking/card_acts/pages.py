"""What a reader does with a class: the button of its card, and what is said of it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from zone.booking.bookings import service as bookings
from zone.booking.bookings.context import check_booking
from zone.booking.bookings.errors import ALREADY_BOOKED
from zone.booking.lotteries import service as lotteries
from zone.booking.lotteries.errors import ALREADY_ENTERED
from zone.booking.timetable import queries
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.errors import ALREADY_QUEUED
from zone.web.auth import current_actor, reader_is_staff
from zone.web.read_connection import read_connection


@dataclass(frozen=True, slots=True)
class CardAct:
    """What a reader does with a class, and what is said of it.

    `done`: what the redirect says. `harmless`: the refusal of a second tap on the button; the first
    one has done it. `undo`: what takes it back. `refuse` reads whether it is refused.
    """

    do: Callable[[Session, uuid.UUID, datetime], object]
    done: str
    harmless: tuple[Any, ...] = ()
    undo: str | None = None
    icon: str = "circle-check"
    refuse: Callable[[uuid.UUID, datetime], None] | None = None


def _refuse_booking(class_session: uuid.UUID, now: datetime) -> None:
    # As the API does: of the hundreds who find a class full when booking opens, nobody waits for a
    # write lock.
    check = check_booking(
        read_connection(),
        member_id=current_actor().id,
        class_session=class_session,
        now=now,
        sees_hidden=reader_is_staff(),
    )
    if reasons := check.reasons_now(now):
        raise check.refusal(*reasons)


def _book(session: Session, class_session: uuid.UUID, now: datetime) -> None:
    bookings.book(
        session,
        member_id=current_actor().id,
        class_session=class_session,
        now=now,
        sees_hidden=reader_is_staff(),
    )


def _join_queue(session: Session, class_session: uuid.UUID, now: datetime) -> None:
    waitlist.join(
        session,
        member_id=current_actor().id,
        class_session=class_session,
        now=now,
        sees_hidden=reader_is_staff(),
    )


def _cancel(session: Session, class_session: uuid.UUID, now: datetime) -> None:
    own = queries.own_view(session, class_session, current_actor().id)
    if own.booking is not None:  # else cancelled by the first tap
        bookings.cancel(session, member_id=current_actor().id, booking=own.booking, now=now)


def _leave_queue(session: Session, class_session: uuid.UUID, now: datetime) -> None:
    own = queries.own_view(session, class_session, current_actor().id)
    if own.queue_entry is not None:
        waitlist.leave(session, member_id=current_actor().id, entry=own.queue_entry, now=now)


def _enter(session: Session, class_session: uuid.UUID, now: datetime) -> None:
    lotteries.enter_session(
        session, current_actor().id, class_session, now=now, sees_hidden=reader_is_staff()
    )


def _withdraw(session: Session, class_session: uuid.UUID, now: datetime) -> None:
    own = queries.own_view(session, class_session, current_actor().id)
    if own.lottery and own.lottery.ticket:
        lotteries.withdraw(
            session, member_id=current_actor().id, ticket=own.lottery.ticket, now=now
        )


ACTS: Final = {
    "book": CardAct(_book, "booked", (ALREADY_BOOKED,), undo="cancel", refuse=_refuse_booking),
    "queue": CardAct(_join_queue, "queued", (ALREADY_QUEUED,), undo="leave", icon="hourglass"),
    "cancel": CardAct(_cancel, "cancelled", undo="book", icon="calendar-x"),
    "leave": CardAct(_leave_queue, "left"),
    "enter": CardAct(_enter, "entered", (ALREADY_ENTERED,), undo="withdraw", icon="ticket"),
    "withdraw": CardAct(_withdraw, "withdrawn", undo="enter"),
}
"""What the buttons of a class do, by the end of their address."""
