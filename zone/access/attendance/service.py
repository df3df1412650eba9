"""Record attendance from visits. Never commits."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area, AreaSpace
from zone.access.attendance.errors import ATTENDANCE_TOO_EARLY
from zone.access.attendance.models import Attendance, HeadCount, Sighting
from zone.access.attendance.queries import session_to_attend
from zone.access.attendance.rules import Candidate, attended
from zone.access.visits.models import Visit
from zone.booking.bookings.queries import live_booking
from zone.booking.no_shows.service import mark_attended
from zone.booking.sessions.queries import sessions_around
from zone.booking.sessions.rules import ARRIVE_AFTER, ARRIVE_BEFORE
from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.row_records.service import insert_new_recorded
from zone.members.people.service import audit_member, lock_member
from zone.places.spaces.queries import space_ids_of_campus

# Two entries that count for the same session are no further apart than this.
_ARRIVAL_WINDOW: Final = ARRIVE_BEFORE + ARRIVE_AFTER


def record_attendance(session: Session, visit_ids: Collection[int], now: datetime) -> None:
    """Record presence at sessions, by those of the visits that prove it.

    A visit proves presence at every session in the spaces of an area that does. One that the desk
    made proves it also at the sessions of the campus that the person has booked: the desk saw them.
    """
    rows = session.execute(
        select(Visit, Area.campus_id, Area.proves_presence)
        .join(Area, Area.id == Visit.area_id)
        .where(Visit.id.in_(visit_ids), or_(Area.proves_presence, Visit.source == "desk"))
        .order_by(Visit.occurred_at, Visit.id)
    ).all()
    spaces = _spaces_of(session, {row.area_id for row, _, proves in rows if proves})
    for visit, campus_id, _ in rows:
        proven = spaces[visit.area_id]
        seen = space_ids_of_campus(session, campus_id) if visit.source == "desk" else proven
        if visit.member_id is not None and (proven or seen):
            _attend(session, visit, visit.member_id, proven, seen, now)


def record_sighting(
    session: Session, actor: Actor, class_session: uuid.UUID, person: uuid.UUID, *, now: datetime
) -> None:
    """Record that the instructor, or staff, saw a person who had booked; once more is nothing.

    A no-show of the booking is corrected.

    Raises:
        DomainError: forbidden; not_for_yourself; attendance_too_early; not_found: no such session,
            or no booking of that person.
    """
    row = session_to_attend(session, class_session, actor)
    member = lock_member(session, person)
    booking = live_booking(session, row.id, member.id)
    if booking is None:
        raise DomainError(NOT_FOUND)
    actor.require_other(member.id)
    if now < row.starts_at - ARRIVE_BEFORE:
        raise DomainError(ATTENDANCE_TOO_EARLY)
    sighting = {
        "session_id": row.id,
        "member_id": member.id,
        "seen_by": actor.id,
        "occurred_at": row.starts_at,
        "recorded_at": now,
    }
    if not insert_new_recorded(session, Sighting, [sighting]):
        return
    if booking.state == "no_show":
        mark_attended(session, [booking.id], now)
    after = {"session": class_session}
    audit_member(session, "attendance.see", member, actor.id, now, after=after)


def record_head_count(
    session: Session, actor: Actor, class_session: uuid.UUID, people: int, *, now: datetime
) -> None:
    """Record how many people the instructor, or staff, counted at a session, and audit it.

    Raises:
        DomainError: forbidden; not_found; attendance_too_early.
    """
    row = session_to_attend(session, class_session, actor)
    actor.require(Permission.ATTENDANCE_WRITE)
    if now < row.starts_at - ARRIVE_BEFORE:
        raise DomainError(ATTENDANCE_TOO_EARLY)
    session.add(HeadCount(session_id=row.id, people=people, counted_by=actor.id, recorded_at=now))
    record_action(
        session,
        actor_id=actor.id,
        action="attendance.count",
        object_kind="session",
        object_id=class_session,
        after={"people": people},
        now=now,
    )


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
    visit: Visit,
    member_id: int,
    proven: Sequence[int],
    seen: Sequence[int],
    now: datetime,
) -> None:
    at = visit.occurred_at
    sessions = sessions_around(session, {*proven, *seen}, at)
    bookings = {row.id: live_booking(session, row.id, member_id) for row in sessions}
    candidates = [
        Candidate(row.id, row.starts_at, bookings[row.id] is not None)
        for row in sessions
        if row.space_id in proven or bookings[row.id] is not None
    ]
    for chosen in attended(candidates, at):
        attendance = {
            "session_id": chosen.session_id,
            "member_id": member_id,
            "visit_id": visit.id,
            "booked": chosen.booked,
            "occurred_at": at,
            "recorded_at": now,
        }
        # A second visit to the same session inserts nothing: one live row per session and member.
        insert_new_recorded(session, Attendance, [attendance])
        booking = bookings[chosen.session_id]
        if booking is not None and booking.state == "no_show":
            # The entry was uploaded after the booking had been settled as a no-show.
            mark_attended(session, [booking.id], now)
