"""Reading sessions and bookings: for the doors, for attendance, and for the figures. Timetables are in `timetable`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from zone.booking import facts, rules
from zone.booking.models import Booking, ClassSession, SessionEvent
from zone.booking.rules import ARRIVE_AFTER, ARRIVE_BEFORE
from zone.core.time import Window

SLOTS_BACK = timedelta(hours=1)
SLOTS_AHEAD = timedelta(days=8)
"""A door keeps the bookings of the days for which it may be on its own, and of the hour just gone."""


@dataclass(frozen=True, slots=True)
class BookedSlot:
    """That a space is booked for a person within [start, end)."""

    space_id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class SessionAt:
    """A session in a space."""

    id: int
    starts_at: datetime
    ends_at: datetime
    space_id: int


@dataclass(frozen=True, slots=True)
class HeldSession:
    """A guided session that was held, once, however many led it or followed it online."""

    session_id: int
    kind: str
    starts_at: datetime
    ends_at: datetime


def slots_of(session: Session, member_ids: Sequence[int], now: datetime) -> dict[int, list[BookedSlot]]:
    """The live bookings of each member that end after now − 1 h and start within 8 days; every member is a key."""
    slots: dict[int, list[BookedSlot]] = {member_id: [] for member_id in member_ids}
    rows = session.execute(
        select(Booking.member_id, ClassSession.space_id, ClassSession.starts_at, ClassSession.ends_at)
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


def sessions_around(session: Session, space_ids: Collection[int], at: datetime) -> list[SessionAt]:
    """The sessions of some spaces for which an entry at `at` is one: from 30 min before the start to 15 min after."""
    rows = session.execute(
        select(ClassSession.id, ClassSession.starts_at, ClassSession.ends_at, ClassSession.space_id)
        .where(
            ClassSession.space_id.in_(space_ids),
            ClassSession.state != "cancelled",
            ClassSession.starts_at.between(at - ARRIVE_AFTER, at + ARRIVE_BEFORE),
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    return [SessionAt(id_, start, end, space_id) for id_, start, end, space_id in rows if space_id is not None]


def booking_of(session: Session, session_id: int, member_id: int) -> Booking | None:
    """The live booking of a person in a session."""
    return session.scalar(
        select(Booking).where(
            Booking.session_id == session_id, Booking.member_id == member_id, Booking.state != "cancelled"
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


def bookings_to_settle(session: Session, after: datetime, before: datetime) -> list[tuple[int, int, int]]:
    """(booking, session, member) of the live bookings of sessions that ended in (after, before], not yet settled."""
    rows = session.execute(
        select(Booking.id, Booking.session_id, Booking.member_id)
        .join(ClassSession, ClassSession.id == Booking.session_id)
        .where(
            Booking.state == "booked",
            ClassSession.state != "cancelled",
            ClassSession.ends_at > after,
            ClassSession.ends_at <= before,
        )
        .order_by(Booking.id)
    )
    return [(booking, session_id, member) for booking, session_id, member in rows]


def suspended_until(session: Session, member_id: int, now: datetime) -> datetime | None:
    """Until when a person's booking ahead is paused; None when it is not."""
    until = rules.suspended_until(
        facts.standing(session.connection(), member_id, now).missed, facts.policy(session.connection())
    )
    return until if until is not None and now < until else None


def held_sessions(session: Session, window: Window, as_of: datetime) -> list[HeldSession]:
    """The guided sessions that start in `window` and were held, by what was recorded at `as_of`; in order of start.

    Of each session the newest fact recorded by then decides, so that a later correction leaves old figures alone.
    """
    order = func.row_number().over(
        partition_by=SessionEvent.session_id, order_by=(SessionEvent.recorded_at.desc(), SessionEvent.id.desc())
    )
    known = (
        select(SessionEvent.session_id, SessionEvent.kind, order.label("age"))
        .join(ClassSession, ClassSession.id == SessionEvent.session_id)
        .where(SessionEvent.recorded_at <= as_of, *_within(window))
        .subquery()
    )
    rows = session.execute(
        select(ClassSession.id, ClassSession.kind, ClassSession.starts_at, ClassSession.ends_at)
        .join(known, known.c.session_id == ClassSession.id)
        .where(
            known.c.age == 1,
            known.c.kind == "held",
            ClassSession.kind.in_(rules.GUIDED),
            or_(ClassSession.kind != "online", ClassSession.live),
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    return [HeldSession(*row) for row in rows]


def _within(window: Window) -> tuple[ColumnElement[bool], ...]:
    return (ClassSession.starts_at >= window[0], ClassSession.starts_at < window[1])
