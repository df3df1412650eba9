"""What must hold of bookings, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.bookings.queries import unheld_bookings
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist.models import QueueEntry
from zone.core.invariants import Invariant, count_rows
from zone.core.time import EARLIEST
from zone.members.roster_marks.models import RosterMark


def count_wrong_counters(session: Session, _named_since: datetime) -> int:
    """Count the classes whose counter of taken places is not that of their bookings and offers."""
    # A place that is offered to somebody is taken too.
    live, offered = (
        select(func.count())
        .where(of.session_id == Allocation.id, condition)
        .correlate(Allocation)
        .scalar_subquery()
        for of, condition in (
            (Booking, Booking.state != "cancelled"),
            (QueueEntry, QueueEntry.state == "offered"),
        )
    )
    rows = select(Allocation.id).where(Allocation.booked != live + offered)
    return count_rows(session, rows)


def count_wrong_shares(session: Session, _named_since: datetime) -> int:
    """Count the sessions whose bookable places are not their share of all places."""
    share = ClassSession.capacity * ClassSession.bookable_percent // 100
    places = case((share < 1, 1), else_=share)
    # 0: of a version that let a session have no place to book.
    rows = select(ClassSession.id).where(
        ClassSession.bookable != 0, ClassSession.bookable != places
    )
    return count_rows(session, rows)


def count_double_bookings(session: Session, _named_since: datetime) -> int:
    """Count the people who have more than one live booking of a class."""
    rows = (
        select(Booking.session_id)
        .where(Booking.state != "cancelled", Booking.member_id.is_not(None))
        .group_by(Booking.session_id, Booking.member_id)
        .having(func.count() > 1)
    )
    return count_rows(session, rows)


def count_unheld(session: Session, _named_since: datetime) -> int:
    """Count the bookings of scheduled sessions that their person may not hold."""
    # What is going on when a right ends stays. Without a clock: the right's end has marked the
    # person's roster row, so what starts after their newest mark counts.
    booked = (
        select(Booking.member_id)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(Booking.state == "booked", Allocation.state == "scheduled")
        .distinct()
        .order_by(Booking.member_id)
    )
    # None: a person whom the retention job has removed.
    members = [member_id for member_id in session.scalars(booked) if member_id is not None]
    last_mark = (
        select(func.max(RosterMark.recorded_at))
        .where(RosterMark.member_id == Booking.member_id)
        .scalar_subquery()
    )
    rows = (
        select(Booking.id)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(
            Booking.id.in_(unheld_bookings(session, members, EARLIEST)),
            Allocation.starts_at > last_mark,
        )
    )
    return count_rows(session, rows)


def count_wrong_booking_states(session: Session, _named_since: datetime) -> int:
    """Count the bookings whose state is not that of their newest event, or that have none."""
    age = func.row_number().over(
        partition_by=BookingEvent.booking_id,
        order_by=BookingEvent.id.desc(),
    )
    newest = select(BookingEvent.booking_id, BookingEvent.kind, age.label("age")).subquery()
    rows = (
        select(Booking.id)
        .outerjoin(newest, and_(newest.c.booking_id == Booking.id, newest.c.age == 1))
        .where(func.coalesce(newest.c.kind, "") != Booking.state)
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "places", "each class counts exactly its live bookings and offers", count_wrong_counters
    ),
    Invariant(
        "shares", "as many places of a session can be booked as its share says", count_wrong_shares
    ),
    Invariant(
        "holders",
        "whoever has booked may still hold the booking",
        count_unheld,
        "Look whether the scheduler runs: its job booking.cancel_unheld cancels them with a mail.",
    ),
    Invariant("bookings", "nobody has two places in one class", count_double_bookings),
    Invariant("booked", "each booking is in the state of its events", count_wrong_booking_states),
)
