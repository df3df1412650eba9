"""Read bookings: one's own, those that doors need, and what else is free like a full session."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Select, case, select
from sqlalchemy.orm import Session

from zone.booking.bookings import rules
from zone.booking.bookings.context import BookingCheck, RequestedSession, wish_of
from zone.booking.bookings.models import Booking
from zone.booking.bookings.rules import BookingRequest
from zone.booking.bookings.views import BookingView
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import QUEUE_LENGTH, select_sessions, session_view_of
from zone.booking.sessions.views import SessionView
from zone.booking.waitlist import queries as waitlist_queries
from zone.booking.waitlist.models import QueueEntry
from zone.core.errors import NOT_FOUND, DomainError
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

PAST_SHOWN: Final = timedelta(days=120)
CANDIDATES: Final = 20
HINT_LASTS: Final = timedelta(seconds=1)
HINTS_KEPT: Final = 200


def alternatives(
    connection: Connection, verdict: BookingCheck, now: datetime, *, most: int = 3
) -> list[SessionView]:
    """The next sessions like one with a place that this person could book now: same name first, then category."""
    wanted, held = verdict.target, verdict.standing
    free = (
        view
        for view, wish in _hint(connection, wanted, now).free
        if not rules.check(wish, held, wanted.policy, now)
    )
    return list(islice(free, most))


def queue_length(connection: Connection, verdict: BookingCheck, now: datetime) -> int:
    """How many wait for a session, as of at most a second ago."""
    return _hint(connection, verdict.target, now).queue_length


Free = list[tuple[SessionView, BookingRequest]]


@dataclass(frozen=True, slots=True)
class AvailabilityCache:
    """What else is free like a session, and how many wait for it."""

    read_at: datetime
    free: Free
    queue_length: int


_recent: Final[dict[uuid.UUID, AvailabilityCache]] = {}
"""What was so a moment ago: a crowd that finds a session full asks the same within a second."""


def _hint(connection: Connection, wanted: RequestedSession, now: datetime) -> AvailabilityCache:
    hint = _recent.get(wanted.public_id)
    if hint is None or not timedelta() <= now - hint.read_at < HINT_LASTS:
        if len(_recent) > HINTS_KEPT:
            _recent.clear()
        with Session(connection) as session:
            hint = AvailabilityCache(
                now,
                _read_free_like(session, wanted, now),
                waitlist_queries.length(session, wanted.id),
            )
        _recent[wanted.public_id] = hint
    return hint


def _read_free_like(session: Session, wanted: RequestedSession, now: datetime) -> Free:
    like = case((ClassSession.name_en == wanted.name_en, 0), else_=1)
    query = select_sessions(None).where(
        ClassSession.id != wanted.id,
        ClassSession.kind != "own_use",
        ClassSession.state == "scheduled",
        ClassSession.category == wanted.category,
        ClassSession.booked < ClassSession.bookable,
        ClassSession.starts_at >= now + timedelta(minutes=wanted.policy.closes_minutes),
        ClassSession.starts_at <= now + timedelta(days=wanted.policy.opens_days),
    )
    rows = session.execute(
        query.order_by(like, ClassSession.starts_at, ClassSession.id).limit(CANDIDATES)
    )
    return [
        (session_view_of(*row), wish_of(row[0], row[2].code if row[2] else None)) for row in rows
    ]


def bookings(session: Session, member_id: int, now: datetime) -> list[BookingView]:
    """A person's bookings by start: those to come, and those of the last four months. Spaces for own use too."""
    query = _bookings(member_id).where(ClassSession.starts_at > now - PAST_SHOWN)
    return [
        _booking(*row)
        for row in session.execute(query.order_by(ClassSession.starts_at, Booking.id))
    ]


def booking_view(session: Session, member_id: int, public_id: uuid.UUID) -> BookingView:
    """One of a person's bookings.

    Raises:
        DomainError: not_found.
    """
    row = session.execute(_bookings(member_id).where(Booking.public_id == public_id)).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    return _booking(*row)


def _bookings(member_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Booking, ClassSession, Space, Campus, QueueEntry.id, QUEUE_LENGTH)
        .join(ClassSession, ClassSession.id == Booking.session_id)
        .outerjoin(Space, Space.id == ClassSession.space_id)
        .outerjoin(Campus, Campus.id == Space.campus_id)
        .outerjoin(QueueEntry, QueueEntry.booking_id == Booking.id)
        .where(Booking.member_id == member_id)
    )


def _booking(
    booking: Booking,
    found: ClassSession,
    space: Space | None,
    campus: Campus | None,
    entry_id: int | None,
    queue_length: int,
) -> BookingView:
    view = session_view_of(found, space, campus, booking.public_id, queue_length)
    return BookingView(
        booking.public_id, booking.state, view, entry_id is not None, booking.companions
    )


SLOTS_BACK = timedelta(hours=1)
SLOTS_AHEAD = timedelta(days=8)
"""A door keeps the bookings of the days for which it may be on its own, and of the hour just gone."""


@dataclass(frozen=True, slots=True)
class BookedSlot:
    """That a space is booked for a person within [start, end)."""

    space_id: int
    start: datetime
    end: datetime


def slots_of(
    session: Session, member_ids: Sequence[int], now: datetime
) -> dict[int, list[BookedSlot]]:
    """The live bookings of each member that end after now − 1 h and start within 8 days; every member is a key."""
    slots: dict[int, list[BookedSlot]] = {member_id: [] for member_id in member_ids}
    rows = session.execute(
        select(
            Booking.member_id, ClassSession.space_id, ClassSession.starts_at, ClassSession.ends_at
        )
        .join(ClassSession, ClassSession.id == Booking.session_id)
        .where(
            Booking.member_id.in_(slots),
            Booking.state != "cancelled",
            ClassSession.state != "cancelled",
            ClassSession.space_id.is_not(None),
            ClassSession.ends_at > now - SLOTS_BACK,
            ClassSession.starts_at < now + SLOTS_AHEAD,
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    for member_id, space_id, start, end in rows:
        if space_id is not None:
            slots[member_id].append(BookedSlot(space_id, start, end))
    return slots


def booking_of(session: Session, session_id: int, member_id: int) -> Booking | None:
    """The live booking of a person in a session."""
    return session.scalar(
        select(Booking).where(
            Booking.session_id == session_id,
            Booking.member_id == member_id,
            Booking.state != "cancelled",
        )
    )


def booked_between(session: Session, after: datetime, until: datetime) -> list[int]:
    """The members with a live booking of a session in a space that starts in (after, until]."""
    return list(
        session.scalars(
            select(Booking.member_id)
            .join(ClassSession, ClassSession.id == Booking.session_id)
            .where(
                Booking.state != "cancelled",
                ClassSession.state != "cancelled",
                ClassSession.space_id.is_not(None),
                ClassSession.starts_at > after,
                ClassSession.starts_at <= until,
            )
            .distinct()
        )
    )


def own_bookings(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's bookings, for the export of one's own data."""
    return (
        select(ClassSession.name_en.label("session"), ClassSession.starts_at, Booking.state)
        .join(Booking, Booking.session_id == ClassSession.id)
        .where(Booking.member_id == member_id)
    )
