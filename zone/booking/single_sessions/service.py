"""Plan a session that is no weekly class. Never commits."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.expansions.service import refuse_closed
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import campus_of
from zone.booking.sessions.rules import ClassDetails
from zone.booking.sessions.service import create_session
from zone.booking.single_sessions.errors import SESSION_IN_PAST
from zone.booking.space_conflicts.queries import explain_taken
from zone.booking.weekly_classes.rules import Weekly
from zone.booking.weekly_classes.service import refuse_other_instructor, refuse_too_many_places
from zone.core.audit.service import record_action
from zone.core.db.constraints import constraint_name
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import Window, helsinki_date, to_helsinki
from zone.places.spaces.service import lock_spaces


def add_session(
    session: Session, actor: Actor, details: ClassDetails, span: Window, *, now: datetime
) -> ClassSession:
    """Create a session of its own, which holds its space.

    Raises:
        DomainError: forbidden; session_in_past; class_invalid: more places than the space has;
            not_an_instructor; place_closed; space_taken with what holds the space (`taken_by`) and
            what is free (`alternatives`).
    """
    start, end = span
    actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, details.space_id))
    if start <= now:
        raise DomainError(SESSION_IN_PAST)
    refuse_too_many_places(session, details)
    refuse_other_instructor(session, details.instructor_id)
    # A closing of the campus that is under way is read after it, and a later one finds the session.
    lock_spaces(session, {details.space_id})
    refuse_closed(session, details.space_id, start, end)
    try:
        with session.begin_nested():
            row = create_session(session, details, start, end, now=now)
    except IntegrityError as error:
        if constraint_name(error) != "uq_hold_part_slice":
            raise
        explained = explain_taken(session, details, _once(span), now)
        raise DomainError(SPACE_TAKEN, **explained) from error
    after = {"name": row.name_en, "starts_at": start, "ends_at": end}
    record_action(
        session,
        actor_id=actor.id,
        action="session.create",
        object_kind="session",
        object_id=row.public_id,
        after=after,
        now=now,
    )
    return row


def _once(span: Window) -> Weekly:
    """Return a single time as a class of one day."""
    start, end = span
    day, minutes = helsinki_date(start), int((end - start).total_seconds()) // 60
    return Weekly((day.isoweekday(),), to_helsinki(start).time(), minutes, day, day)
