"""Record attendance from visits. Never commits."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area, AreaSpace
from zone.access.attendance.models import Attendance
from zone.access.attendance.rules import Candidate, attended
from zone.access.visits.models import Visit
from zone.booking.bookings.queries import live_booking
from zone.booking.no_shows.service import mark_attended
from zone.booking.sessions.queries import sessions_around
from zone.booking.sessions.rules import ARRIVE_AFTER, ARRIVE_BEFORE
from zone.core.db.statements import insert_new

# Two entries that count for the same session are no further apart than this.
_ARRIVAL_WINDOW: Final = ARRIVE_BEFORE + ARRIVE_AFTER


def record_attendance(session: Session, visit_ids: Collection[int], now: datetime) -> None:
    """Record presence at sessions, by those of the visits whose area proves presence."""
    rows = session.execute(
        select(Visit.id, Visit.member_id, Visit.area_id, Visit.occurred_at)
        .join(Area, Area.id == Visit.area_id)
        .where(Visit.id.in_(visit_ids), Area.proves_presence)
        .order_by(Visit.occurred_at, Visit.id)
    ).all()
    spaces = _spaces_of(session, {row.area_id for row in rows})
    for visit_id, member_id, area_id, at in rows:
        if member_id is not None and spaces[area_id]:
            _attend(session, visit_id, member_id, spaces[area_id], at, now)


def visits_nearby(session: Session, retracted: Iterable[tuple[int, datetime]]) -> list[int]:
    """Return the visits that may prove the attendance of a retracted one instead.

    `retracted` holds (member, time) of each attendance that was retracted.
    """
    visit_ids: list[int] = []
    for member_id, at in retracted:
        near = Visit.occurred_at.between(at - _ARRIVAL_WINDOW, at + _ARRIVAL_WINDOW)
        query = select(Visit.id).where(
            Visit.member_id == member_id, Visit.retracted_at.is_(None), near
        )
        visit_ids += session.scalars(query)
    return visit_ids


def _spaces_of(session: Session, area_ids: Collection[int]) -> dict[int, list[int]]:
    spaces: dict[int, list[int]] = defaultdict(list)
    for area_id, space_id in session.execute(
        select(AreaSpace.area_id, AreaSpace.space_id).where(AreaSpace.area_id.in_(area_ids))
    ):
        spaces[area_id].append(space_id)
    return spaces


def _attend(
    session: Session,
    visit_id: int,
    member_id: int,
    space_ids: Sequence[int],
    at: datetime,
    now: datetime,
) -> None:
    sessions = sessions_around(session, space_ids, at)
    bookings = {row.id: live_booking(session, row.id, member_id) for row in sessions}
    candidates = [
        Candidate(row.id, row.starts_at, bookings[row.id] is not None) for row in sessions
    ]
    for chosen in attended(candidates, at):
        attendance = {
            "session_id": chosen.session_id,
            "member_id": member_id,
            "visit_id": visit_id,
            "booked": chosen.booked,
            "occurred_at": at,
            "recorded_at": now,
        }
        # A second visit to the same session inserts nothing: one live row per session and member.
        insert_new(session, Attendance, [attendance], Attendance.id)
        booking = bookings[chosen.session_id]
        if booking is not None and booking.state == "no_show":
            # The entry was uploaded after the booking had been settled as a no-show.
            mark_attended(session, [booking.id], now)
