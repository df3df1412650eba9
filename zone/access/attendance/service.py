"""Record attendance from visits. Never commits."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.access.attendance.context import sessions_around
from zone.access.attendance.errors import ATTENDANCE_TOO_EARLY
from zone.access.attendance.models import Attendance, HeadCount, Sighting
from zone.access.attendance.queries import session_to_attend
from zone.access.attendance.rules import SessionOfVisit, VisitOfMember, attended
from zone.booking.bookings.queries import live_booking
from zone.booking.no_shows.service import mark_attended
from zone.booking.sessions.rules import ARRIVE_BEFORE
from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.row_records.service import insert_new_recorded
from zone.members.people.service import audit_member, lock_member


def record_attendance(session: Session, visits: Collection[VisitOfMember], now: datetime) -> None:
    """Record presence at sessions, by those of the visits that prove it.

    `rules.attended` chooses the sessions: those that the person has booked, else one as a drop-in.
    """
    around = sessions_around(session, visits)
    rows, missed = [], set()
    for visit in sorted(visits, key=lambda visit: (visit.occurred_at, visit.visit_id)):
        for chosen in attended(around[visit.visit_id], visit):
            rows.append(_attendance(visit, chosen, now))
            if chosen.booking_id is not None and chosen.missed:
                missed.add(chosen.booking_id)
    # A second visit to the same session inserts nothing: one live row per session and member.
    insert_new_recorded(session, Attendance, rows)
    if missed:
        # The entry was uploaded after the booking had been settled as a no-show.
        mark_attended(session, sorted(missed), now)


def _attendance(visit: VisitOfMember, chosen: SessionOfVisit, now: datetime) -> dict[str, Any]:
    return {
        "session_id": chosen.session_id,
        "member_id": visit.member_id,
        "visit_id": visit.visit_id,
        "booked": chosen.booking_id is not None,
        "occurred_at": visit.occurred_at,
        "recorded_at": now,
    }


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
