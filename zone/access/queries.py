"""Reading access: who was at a session, how a pass stands, and the figures of visits."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from zone.access.models import Area, AreaSpace, Attendance, Bridge, Door, Visit
from zone.access.rules import Contact
from zone.booking.models import Booking, ClassSession
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import Window
from zone.http.auth import FORBIDDEN
from zone.members.models import Member
from zone.places.models import Campus


@dataclass(frozen=True, slots=True)
class Attendee:
    """One person at a session. `status`: booked (not seen), present (booked and seen), drop_in, no_show."""

    member: uuid.UUID
    name: str
    status: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class AttendanceList:
    """A session's people, and counts that stay the same when the retention time has taken the people out."""

    session: uuid.UUID
    starts_at: datetime
    booked: int
    present: int
    drop_in: int
    people: tuple[Attendee, ...]


def attendance(session: Session, public_id: uuid.UUID, *, led_by: int | None = None) -> AttendanceList:
    """Who booked a session and who was there. `led_by`: only of a session that this person leads.

    Raises:
        DomainError: not_found, forbidden.
    """
    found = session.scalar(select(ClassSession).where(ClassSession.public_id == public_id))
    if found is None:
        raise DomainError(NOT_FOUND)
    if led_by not in (None, found.instructor_id):
        raise DomainError(FORBIDDEN)
    booked, seen = _bookings(session, found.id), _seen(session, found.id)
    people = _people(session, booked, {row.member_id: row for row in seen if row.member_id is not None})
    present = sum(row.booked for row in seen)
    return AttendanceList(public_id, found.starts_at, len(booked), present, len(seen) - present, tuple(people))


def _bookings(session: Session, session_id: int) -> dict[int, str]:
    query = select(Booking.member_id, Booking.state).where(
        Booking.session_id == session_id, Booking.state != "cancelled"
    )
    return dict(session.execute(query).all())


def _seen(session: Session, session_id: int) -> Sequence[Attendance]:
    query = select(Attendance).where(Attendance.session_id == session_id, Attendance.retracted_at.is_(None))
    return session.scalars(query).all()


def _people(session: Session, booked: dict[int, str], seen: dict[int, Attendance]) -> list[Attendee]:
    query = select(Member.id, Member.public_id, Member.name).where(Member.id.in_({*booked, *seen}))
    return [
        Attendee(
            public_id, name, _status(booked.get(id_), seen.get(id_)), seen[id_].occurred_at if id_ in seen else None
        )
        for id_, public_id, name in session.execute(query.order_by(Member.name, Member.id))
    ]


def _status(booking: str | None, seen: Attendance | None) -> str:
    if seen is not None:
        return "present" if seen.booked else "drop_in"
    return "no_show" if booking == "no_show" else "booked"


@dataclass(frozen=True, slots=True)
class VisitCount:
    """Door-verified visits at a campus by the visitors' institution (None: none was proven at that time)."""

    campus: str
    institution: str | None
    visits: int


def visit_counts(session: Session, window: Window, as_of: datetime) -> list[VisitCount]:
    """Visits in a window as they were known at `as_of`; the same for ever, also when the people are gone."""
    rows = session.execute(
        select(Campus.code, Visit.institution_code, func.count())
        .join(Area, Area.id == Visit.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .where(*_known(window, as_of), Visit.source == "door")
        .group_by(Campus.code, Visit.institution_code)
    ).all()
    ordered = sorted(rows, key=lambda row: (row[0], row[1] or ""))
    return [VisitCount(campus, institution, count) for campus, institution, count in ordered]


def _known(window: Window, as_of: datetime) -> tuple[ColumnElement[bool], ...]:
    """The visits in a window as they were known at `as_of`."""
    standing = or_(Visit.retracted_at.is_(None), Visit.retracted_at > as_of)
    return Visit.recorded_at <= as_of, standing, Visit.occurred_at >= window[0], Visit.occurred_at < window[1]


@dataclass(frozen=True, slots=True)
class Capture:
    """How many of all visits doors have verified by themselves; the others the desk checked in without a phone."""

    by_door: int
    visits: int

    @property
    def rate(self) -> Decimal | None:
        """Door-verified visits ÷ all visits; None where there were none."""
        return Decimal(self.by_door) / self.visits if self.visits else None


def capture(session: Session, window: Window, as_of: datetime) -> Capture:
    """The capture rate of a window as it was known at `as_of`; the same for ever, also when the people are gone."""
    rows = session.execute(select(Visit.source, func.count()).where(*_known(window, as_of)).group_by(Visit.source))
    counts = dict(rows.all())
    return Capture(counts.get("door", 0), sum(counts.values()))


def contacts_of_spaces(session: Session, space_ids: Sequence[int]) -> dict[int, list[Contact]]:
    """The connections of the bridges whose doors prove presence in each space."""
    rows = session.execute(
        select(AreaSpace.space_id, Bridge.online_since, Bridge.seen_at, Bridge.backlog)
        .join(Area, Area.id == AreaSpace.area_id)
        .join(Door, Door.area_id == Area.id)
        .join(Bridge, Bridge.id == Door.bridge_id)
        .where(AreaSpace.space_id.in_(space_ids), Area.proves_presence)
        .distinct()
    )
    contacts: dict[int, list[Contact]] = {space_id: [] for space_id in space_ids}
    for space_id, online_since, seen_at, backlog in rows:
        contacts[space_id].append(Contact(online_since, seen_at, backlog))
    return contacts


def area_by_public_id(session: Session, public_id: uuid.UUID) -> Area:
    """Raises DomainError not_found."""
    area = session.scalar(select(Area).where(Area.public_id == public_id))
    if area is None:
        raise DomainError(NOT_FOUND)
    return area
