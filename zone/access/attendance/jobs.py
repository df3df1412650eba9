"""The job that settles bookings of ended sessions: attended, or a no-show."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from zone.access.attendance import queries
from zone.access.attendance.models import Attendance
from zone.access.attendance.rules import absence_is_proven
from zone.access.bridges.rules import SETTLE_AFTER
from zone.booking.no_shows.queries import bookings_to_settle
from zone.booking.no_shows.service import mark_attended, mark_no_shows
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ARRIVE_AFTER
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing

STAYS_WITHIN: Final = timedelta(minutes=30)
"""A pause between two sessions that a person may spend in the room: as long as one may come before a start."""
SETTLE_WITHIN: Final = timedelta(days=30)
"""How long a booking may still settle: a door may be on its own for 7 days, and be brought back late. After that it
stays open and is not looked at again."""


def settle(_settings: Settings, now: datetime) -> int:
    """Settle the bookings of sessions that have ended: who was seen, attended; who surely was not there is a no-show.

    Absence is only concluded when every door that proves presence in the space has told all that happened until the
    last moment to arrive, and of nobody who may have stayed on from the session before. Until then, and for ever if it
    does not come to that within 30 days, the booking stays open. Returns how many settled.
    """
    with reading() as session:
        due = bookings_to_settle(session, now - SETTLE_WITHIN, now - SETTLE_AFTER)
        seen, absent = _judge(session, due, now)
    if not seen and not absent:
        return 0
    with writing() as session:
        return mark_attended(session, seen, now) + mark_no_shows(session, absent, now)


def _judge(
    session: Session, due: Iterable[tuple[int, int, int]], now: datetime
) -> tuple[list[int], list[int]]:
    """Bookings of people who were seen, and of those whose absence is proven."""
    sessions = {session_id for _, session_id, _ in due}
    attended = select(Attendance.session_id, Attendance.member_id).where(
        Attendance.session_id.in_(sessions), Attendance.retracted_at.is_(None)
    )
    seen = {(session_id, member_id) for session_id, member_id in session.execute(attended)}
    proven, stayed = _proven(session, sessions, now), stayed_on(session, sessions)
    present = [booking for booking, session_id, member_id in due if (session_id, member_id) in seen]
    absent = [
        booking
        for booking, session_id, member_id in due
        if (session_id, member_id) not in seen | stayed and session_id in proven
    ]
    return present, absent


def _proven(session: Session, session_ids: Iterable[int], now: datetime) -> set[int]:
    """The sessions whose doors have told everything, so that who was not seen was not there."""
    query = select(ClassSession.id, ClassSession.space_id, ClassSession.starts_at)
    rows = session.execute(
        query.where(ClassSession.id.in_(session_ids), ClassSession.space_id.is_not(None))
    ).all()
    contacts = queries.connections_of_spaces(
        session, [row.space_id for row in rows if row.space_id is not None]
    )
    return {
        row.id
        for row in rows
        if row.space_id is not None
        and absence_is_proven(contacts[row.space_id], row.starts_at + ARRIVE_AFTER, now)
    }


def stayed_on(session: Session, session_ids: Iterable[int]) -> set[tuple[int, int | None]]:
    """(session, member) of people whom a door saw at another session in that space which had ended just before.

    Who stays for the next class passes no door, so nothing proves that they were not there.
    """
    this, earlier = aliased(ClassSession), aliased(ClassSession)
    rows = session.execute(
        select(this.id, this.starts_at, earlier.ends_at, Attendance.member_id)
        .join(earlier, and_(earlier.space_id == this.space_id, earlier.starts_at < this.starts_at))
        .join(Attendance, Attendance.session_id == earlier.id)
        .where(
            this.id.in_(session_ids),
            earlier.on_day == this.on_day,
            Attendance.retracted_at.is_(None),
        )
    )
    return {(row.id, row.member_id) for row in rows if row.starts_at - row.ends_at <= STAYS_WITHIN}
