"""Who booked a session and who was there; the connections of the bridges that prove presence."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from zone.access.areas.models import Area, AreaSpace
from zone.access.attendance.models import Attendance
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import BridgeConnection
from zone.access.doors.models import Door
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import FORBIDDEN, Actor, Permission
from zone.members.people.models import Member
from zone.places.spaces.models import Space

# A person may stay in the space during a pause of at most this length, and then passes no door. The
# same time as ARRIVE_BEFORE in booking/sessions/rules.py.
STAYS_WITHIN: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class SessionInSpace:
    """A session with the space in which it is held."""

    id: int
    space_id: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Attendee:
    """One person at a session.

    `status`: booked (not seen by a door), present (booked and seen), drop_in or no_show.
    """

    member: uuid.UUID
    name: str
    status: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class AttendanceList:
    """A session's people, and counts that stay the same after the people's retention time."""

    session: uuid.UUID
    starts_at: datetime
    booked: int
    present: int
    drop_in: int
    people: tuple[Attendee, ...]


def attendance_for(
    session: Session, public_id: uuid.UUID, *, actor: Actor, named_since: datetime
) -> AttendanceList:
    """Return a session's attendance, if the actor may see it.

    Of a session that ended before `named_since` there are counts only: a no-show counts for its
    person until the term is over, but is not shown that long.

    Instructors may see that of their own sessions, ATTENDANCE_READ_ALL that of every session.

    Raises:
        DomainError: not_found, forbidden.
    """
    class_session = _class_session(session, public_id)
    campus_id = session.scalar(select(Space.campus_id).where(Space.id == class_session.space_id))
    actor.require(Permission.ATTENDANCE_READ, campus=campus_id)
    sees_all = actor.may(Permission.ATTENDANCE_READ_ALL, campus=campus_id)
    if not sees_all and class_session.instructor_id != actor.id:
        raise DomainError(FORBIDDEN)
    people = _attendance_list(session, class_session)
    return people if class_session.ends_at >= named_since else replace(people, people=())


def attendance(session: Session, public_id: uuid.UUID) -> AttendanceList:
    """Return a session's attendance, without a check of permissions.

    Raises:
        DomainError: not_found.
    """
    return _attendance_list(session, _class_session(session, public_id))


def _class_session(session: Session, public_id: uuid.UUID) -> ClassSession:
    class_session = session.scalar(select(ClassSession).where(ClassSession.public_id == public_id))
    if class_session is None:
        raise DomainError(NOT_FOUND)
    return class_session


def _attendance_list(session: Session, class_session: ClassSession) -> AttendanceList:
    booked = _bookings(session, class_session.id)
    # Rows without a member (after the retention time) are counted, but not listed.
    seen = _live_attendance(session, class_session.id)
    people = _people(
        session,
        {member_id: state for member_id, state in booked if member_id is not None},
        {row.member_id: row for row in seen if row.member_id is not None},
    )
    # From attendance, not from the bookings' states: these settle later, when absence is proven.
    present = sum(row.booked for row in seen)
    return AttendanceList(
        class_session.public_id,
        class_session.starts_at,
        len(booked),
        present,
        len(seen) - present,
        tuple(people),
    )


def _bookings(session: Session, session_id: int) -> Sequence[tuple[int | None, str]]:
    query = select(Booking.member_id, Booking.state).where(
        Booking.session_id == session_id, Booking.state != "cancelled"
    )
    return [(member_id, state) for member_id, state in session.execute(query)]


def _live_attendance(session: Session, session_id: int) -> Sequence[Attendance]:
    query = select(Attendance).where(
        Attendance.session_id == session_id, Attendance.retracted_at.is_(None)
    )
    return session.scalars(query).all()


def _people(
    session: Session, booked: dict[int, str], seen: dict[int, Attendance]
) -> list[Attendee]:
    query = select(Member.id, Member.public_id, Member.name).where(Member.id.in_({*booked, *seen}))
    return [
        Attendee(
            public_id,
            name,
            _status(booked.get(member_id), seen.get(member_id)),
            seen[member_id].occurred_at if member_id in seen else None,
        )
        for member_id, public_id, name in session.execute(query.order_by(Member.name, Member.id))
    ]


def _status(booking: str | None, seen: Attendance | None) -> str:
    if seen is not None:
        return "present" if seen.booked else "drop_in"
    return "no_show" if booking == "no_show" else "booked"


def connections_of_spaces(
    session: Session, space_ids: Sequence[int]
) -> dict[int, list[BridgeConnection]]:
    """Return the connections of the bridges whose doors prove presence in each space."""
    rows = session.execute(
        select(AreaSpace.space_id, Bridge.online_since, Bridge.seen_at, Bridge.backlog)
        .join(Area, Area.id == AreaSpace.area_id)
        .join(Door, Door.area_id == Area.id)
        .join(Bridge, Bridge.id == Door.bridge_id)
        .where(AreaSpace.space_id.in_(space_ids), Area.proves_presence)
        .distinct()  # a bridge may drive several doors of a space
    )
    connections: dict[int, list[BridgeConnection]] = {space_id: [] for space_id in space_ids}
    for space_id, online_since, seen_at, backlog in rows:
        connections[space_id].append(BridgeConnection(online_since, seen_at, backlog))
    return connections


def members_seen(session: Session, session_ids: Collection[int]) -> set[tuple[int, int | None]]:
    """Return (session, member) of each live attendance at these sessions."""
    query = select(Attendance.session_id, Attendance.member_id).where(
        Attendance.session_id.in_(session_ids), Attendance.retracted_at.is_(None)
    )
    return {(session_id, member_id) for session_id, member_id in session.execute(query)}


def members_staying(session: Session, session_ids: Iterable[int]) -> set[tuple[int, int | None]]:
    """Return (session, member) of people who were seen at the session just before in that space.

    In a short pause people stay and pass no door: their absence from the second session cannot be
    proven.
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


def sessions_in_spaces(session: Session, session_ids: Iterable[int]) -> list[SessionInSpace]:
    """Return those of the sessions that are held in a space, not online."""
    query = select(ClassSession.id, ClassSession.space_id, ClassSession.starts_at)
    rows = session.execute(query.where(ClassSession.id.in_(session_ids)))
    return [
        SessionInSpace(session_id, space_id, starts_at)
        for session_id, space_id, starts_at in rows
        if space_id is not None
    ]
