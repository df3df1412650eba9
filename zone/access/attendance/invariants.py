"""What must hold of attendance, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import exists, literal, or_, select, union_all
from sqlalchemy.orm import Session

from zone.access.attendance.models import Attendance, Sighting
from zone.access.visits.models import Visit
from zone.booking.bookings.models import Booking
from zone.booking.sessions.rules import ARRIVE_BEFORE
from zone.core.audit.models import AuditRow
from zone.core.invariants import Invariant, count_rows, name_broken
from zone.members.people.models import Member

SEEN: Final = "attendance.see"
LET_IN: Final = "desk.check_in"
"""The actions of the audit by which staff record whom they saw."""


def count_marked_though_seen(session: Session, _named_since: datetime) -> int:
    """Count the no-shows of people whom a door, the desk or the instructor saw at the session."""
    by_door = exists().where(
        Attendance.session_id == Booking.session_id,
        Attendance.member_id == Booking.member_id,
        Attendance.retracted_at.is_(None),
    )
    by_staff = exists().where(
        Sighting.session_id == Booking.session_id, Sighting.member_id == Booking.member_id
    )
    rows = select(Booking.id).where(Booking.state == "no_show", or_(by_door, by_staff))
    return count_rows(session, rows)


def count_seen_without_action(session: Session, named_since: datetime) -> int:
    """Count the people whom staff saw at a session or let in at the desk, by no action of theirs.

    No entry of a door tells whom it was, as of another visit.
    """
    at_session = (
        select(literal(SEEN).label("action"), Member.public_id, Sighting.recorded_at.label("at"))
        .join(Member, Member.id == Sighting.member_id)
        .where(Sighting.occurred_at > named_since)
    )
    at_desk = (
        select(literal(LET_IN).label("action"), Member.public_id, Visit.recorded_at.label("at"))
        .join(Member, Member.id == Visit.member_id)
        .where(Visit.source == "desk", Visit.occurred_at > named_since)
    )
    actions = select(AuditRow.action, AuditRow.object_id, AuditRow.occurred_at).where(
        AuditRow.action.in_((SEEN, LET_IN)),
        # A session's people are seen before it starts, too.
        AuditRow.occurred_at > named_since - ARRIVE_BEFORE,
    )
    said = {tuple(row) for row in session.execute(actions)}
    seen = session.execute(union_all(at_session, at_desk))
    count = 0
    for row in seen:
        if (row.action, str(row.public_id), row.at) not in said:
            count += 1
            name_broken(session, f"{row.action} {row.at:%Y-%m-%d %H:%M:%S}")
    return count


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("no_shows", "nobody who was seen counts as missing", count_marked_though_seen),
    Invariant("seen", "whom staff saw or let in is on record", count_seen_without_action),
)
