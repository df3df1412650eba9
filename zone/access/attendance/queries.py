"""Who booked a session, who was there, and of whose absence nobody can be sure."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session, aliased

from zone.access.areas.models import Area, AreaSpace
from zone.access.attendance.models import Attendance, HeadCount, Sighting
from zone.access.entries.models import Entry
from zone.access.visits.models import Visit
from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking
from zone.booking.closures.queries import outside_hours
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import may_see_people
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import FORBIDDEN, Actor
from zone.core.time import day_window, helsinki_date
from zone.members.people.models import Member
from zone.places.spaces.models import Space

# A person may stay in the space during a pause of at most this length, and then passes no door. The
# same time as ARRIVE_BEFORE in booking/sessions/rules.py.
STAYS_WITHIN: Final = timedelta(minutes=30)

COMES_BEFORE: Final = timedelta(hours=1)
"""How long before a session a person may have come for it, and waited inside."""

NIGHT: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class SessionInSpace:
    """A session or a reservation with its space."""

    id: int
    space_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Attendee:
    """One person at a session.

    `status`: booked (not seen yet), present (booked and seen, by a door or by staff), drop_in or
    no_show.
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

    @property
    def here(self) -> int:
        """How many were seen, with a booking or without."""
        return self.present + self.drop_in


@dataclass(frozen=True, slots=True)
class Counted:
    """The newest head count of a session."""

    people: int
    at: datetime


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
    allocation = session_to_attend(session, public_id, actor)
    people = _attendance_list(session, allocation)
    return people if allocation.ends_at >= named_since else replace(people, people=())


def session_to_attend(session: Session, public_id: uuid.UUID, actor: Actor) -> Allocation:
    """Return a session or a reservation whose attendance the actor may see.

    Raises:
        DomainError: not_found, forbidden.
    """
    allocation = _allocation(session, public_id)
    if not may_see_people(session, allocation, actor):
        raise DomainError(FORBIDDEN)
    return allocation


def attendance(session: Session, public_id: uuid.UUID) -> AttendanceList:
    """Return a session's attendance, without a check of permissions.

    Raises:
        DomainError: not_found.
    """
    return _attendance_list(session, _allocation(session, public_id))


def _allocation(session: Session, public_id: uuid.UUID) -> Allocation:
    # Reservations too: who booked a court is marked as here at the desk, or as absent by the job.
    allocation = session.scalar(select(Allocation).where(Allocation.public_id == public_id))
    if allocation is None:
        raise DomainError(NOT_FOUND)
    return allocation


def _attendance_list(session: Session, allocation: Allocation) -> AttendanceList:
    booked = _bookings(session, allocation.id)
    # Rows without a member (after the retention time) are counted, but not listed.
    seen = _live_attendance(session, allocation.id)
    sightings = _sightings(session, allocation.id)
    by_door = {row.member_id for row in seen if row.member_id is not None}
    people = _people(
        session,
        {member_id: state for member_id, state in booked if member_id is not None},
        {row.member_id: row for row in seen if row.member_id is not None},
        {row.member_id: row.recorded_at for row in sightings if row.member_id is not None},
    )
    # From attendance, not from the bookings' states: these settle later, when absence is proven.
    booked_and_seen = sum(row.booked for row in seen)
    return AttendanceList(
        allocation.public_id,
        allocation.starts_at,
        len(booked),
        # The retention job keeps no sighting of a person whom a door saw too.
        booked_and_seen + sum(row.member_id not in by_door for row in sightings),
        len(seen) - booked_and_seen,
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


def _sightings(session: Session, session_id: int) -> list[Sighting]:
    query = select(Sighting).where(Sighting.session_id == session_id)
    return list(session.scalars(query))


def _people(
    session: Session,
    booked: dict[int, str],
    seen: dict[int, Attendance],
    seen_by_staff: dict[int, datetime],
) -> list[Attendee]:
    query = select(Member.id, Member.public_id, Member.name).where(
        Member.id.in_({*booked, *seen, *seen_by_staff})
    )
    return [
        Attendee(
            public_id,
            name,
            "present"
            if member_id in seen_by_staff
            else _status(booked.get(member_id), seen.get(member_id)),
            seen[member_id].occurred_at if member_id in seen else seen_by_staff.get(member_id),
        )
        for member_id, public_id, name in session.execute(query.order_by(Member.name, Member.id))
    ]


def _status(booking: str | None, seen: Attendance | None) -> str:
    if seen is not None:
        return "present" if seen.booked else "drop_in"
    return "no_show" if booking == "no_show" else "booked"


def head_counts(session: Session, sessions: Collection[uuid.UUID]) -> dict[uuid.UUID, Counted]:
    """Return the newest head count of each of these sessions that has one."""
    rows = session.execute(
        select(ClassSession.public_id, HeadCount.people, HeadCount.recorded_at)
        .join(ClassSession, ClassSession.id == HeadCount.session_id)
        .where(ClassSession.public_id.in_(sessions))
        .order_by(HeadCount.id)
    )
    return {public_id: Counted(people, at) for public_id, people, at in rows}


def members_seen(session: Session, session_ids: Collection[int]) -> set[tuple[int, int | None]]:
    """Return (session, member) of whom a door, the desk or the instructor saw at these sessions."""
    by_door = select(Attendance.session_id, Attendance.member_id).where(
        Attendance.session_id.in_(session_ids), Attendance.retracted_at.is_(None)
    )
    by_staff = select(Sighting.session_id, Sighting.member_id).where(
        Sighting.session_id.in_(session_ids)
    )
    rows = session.execute(union_all(by_door, by_staff))
    return {(session_id, member_id) for session_id, member_id in rows}


def members_nearby(session: Session, session_ids: Collection[int]) -> set[tuple[int, int | None]]:
    """Return (session, member) of people of whose absence nobody can be sure.

    The desk let them in at the campus that day, or they held their code to a door of the space
    around that time: too early or too late to count, or the door refused them or did not open.
    """
    return {
        (row.id, member_id)
        for row in sessions_in_spaces(session, session_ids)
        for member_id in (*_let_in_by_desk(session, row), *_scanned(session, row))
    }


def _let_in_by_desk(session: Session, row: SessionInSpace) -> Sequence[int | None]:
    query = (
        select(Visit.member_id)
        .join(Area, Area.id == Visit.area_id)
        .join(Space, Space.campus_id == Area.campus_id)
        .where(
            Space.id == row.space_id,
            Visit.source == "desk",
            Visit.retracted_at.is_(None),
            # Until six in the morning a session belongs to the evening before.
            Visit.occurred_at >= day_window(helsinki_date(row.starts_at - NIGHT))[0],
            Visit.occurred_at <= row.ends_at,
        )
    )
    return session.scalars(query).all()


def _scanned(session: Session, row: SessionInSpace) -> Sequence[int]:
    query = (
        select(Member.id)
        .join(Entry, Entry.holder == Member.holder)
        .join(AreaSpace, AreaSpace.area_id == Entry.area_id)
        .join(Area, Area.id == Entry.area_id)
        .where(
            AreaSpace.space_id == row.space_id,
            Area.proves_presence,
            Entry.kind == "scan",
            # Who came long before, or late, is not recorded as present; nor were they absent.
            Entry.occurred_at.between(row.starts_at - COMES_BEFORE, row.ends_at),
        )
    )
    return session.scalars(query).all()


def members_staying(session: Session, session_ids: Iterable[int]) -> set[tuple[int, int | None]]:
    """Return (session, member) of people who were seen at the session just before behind that door.

    In a short pause people stay and pass no door: their absence from the second session cannot be
    proven; nor that from a third one, where they had booked the second.
    """
    before = _sessions_before(session, session_ids)
    earlier = {id_ for ids in before.values() for id_ in ids}
    seen, booked = members_seen(session, earlier), _members_booked(session, earlier)
    staying: set[tuple[int, int | None]] = set()
    for this, ids in before.items():  # by start: who stayed for the earlier ones is known already
        there = seen | (staying & booked)
        staying |= {(this, member_id) for session_id, member_id in there if session_id in ids}
    return staying


def _sessions_before(session: Session, session_ids: Iterable[int]) -> dict[int, set[int]]:
    """Return the sessions just before each of these, and before those, by start.

    In all spaces behind the same doors, and by the time that passes: nobody goes home at midnight.
    """
    asked = sessions_in_spaces(session, session_ids)
    if not asked:
        return {}
    behind = _spaces_behind_the_same_doors(session)
    starts = [row.starts_at for row in asked]
    around = session.scalars(
        select(Allocation.id).where(
            Allocation.state != "cancelled",
            Allocation.space_id.in_({id_ for row in asked for id_ in behind[row.space_id]}),
            Allocation.ends_at > min(starts) - timedelta(days=1),
            Allocation.starts_at <= max(starts),
        )
    )
    rows = sorted(sessions_in_spaces(session, around), key=lambda row: (row.starts_at, row.id))
    return {
        this.id: {
            earlier.id
            for earlier in rows
            if earlier.starts_at < this.starts_at <= earlier.ends_at + STAYS_WITHIN
            and earlier.space_id in behind[this.space_id]
        }
        for this in rows
    }


def _spaces_behind_the_same_doors(session: Session) -> dict[int, set[int]]:
    """Return for each space those of its areas that prove presence."""
    area_of_both = aliased(AreaSpace)
    rows = session.execute(
        select(AreaSpace.space_id, area_of_both.space_id)
        .join(area_of_both, area_of_both.area_id == AreaSpace.area_id)
        .join(Area, Area.id == AreaSpace.area_id)
        .where(Area.proves_presence)
    )
    behind: dict[int, set[int]] = defaultdict(set)
    for space_id, other in rows:
        behind[space_id].add(other)
    return behind


def _members_booked(session: Session, session_ids: Collection[int]) -> set[tuple[int, int | None]]:
    rows = session.execute(
        select(Booking.session_id, Booking.member_id).where(
            Booking.session_id.in_(session_ids), Booking.state != "cancelled"
        )
    )
    return {(session_id, member_id) for session_id, member_id in rows}


def sessions_outside_hours(session: Session, session_ids: Iterable[int]) -> set[int]:
    """Return those of the sessions and reservations at which the campus was closed."""
    rows = session.scalars(select(Allocation).where(Allocation.id.in_(session_ids))).all()
    return {row.id for row in outside_hours(session, rows)}


def sessions_in_spaces(session: Session, session_ids: Iterable[int]) -> list[SessionInSpace]:
    """Return those of the sessions that are held in a space, and of the reservations."""
    query = select(Allocation.id, Allocation.space_id, Allocation.starts_at, Allocation.ends_at)
    rows = session.execute(query.where(Allocation.id.in_(session_ids)))
    return [
        SessionInSpace(session_id, space_id, starts_at, ends_at)
        for session_id, space_id, starts_at, ends_at in rows
        if space_id is not None
    ]
