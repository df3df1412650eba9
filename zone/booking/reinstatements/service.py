"""Hold a session after all that was cancelled. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.allocations.service import hold, record_allocations
from zone.booking.expansions.service import refuse_closed
from zone.booking.move_messages.service import post_reinstatement
from zone.booking.reinstatements import queries
from zone.booking.seats.service import session_id_of
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.service import lock_to_cancel, record_session_action, refuse_past
from zone.core.identity import Actor
from zone.places.spaces.queries import space_by_id
from zone.places.spaces.service import lock_spaces


def reinstate_session(
    session: Session, actor: Actor, class_session: uuid.UUID, *, reason: str, now: datetime
) -> ClassSession:
    """Hold a cancelled session after all, in its space; the same again changes nothing.

    Its bookings and its waitlist have ended and do not come back; their people get a mail.

    Raises:
        DomainError: forbidden, not_found; session_held: it has ended; place_closed.
        IntegrityError: `uq_hold_part_slice`: its space is taken.
    """
    session_id = session_id_of(session, class_session)
    space_id = session.scalar(select(Allocation.space_id).where(Allocation.id == session_id))
    # Spaces before sessions, as in `closures.service`.
    lock_spaces(session, {space_id})
    row = lock_to_cancel(session, actor, class_session)
    if row.state == "scheduled":
        return row
    refuse_past(row, now)
    refuse_closed(session, row.space_id, row.starts_at, row.ends_at)
    told = queries.ended_by_cancelling(session, session_id)
    session.execute(
        update(Allocation)
        .where(Allocation.id == session_id)
        # A calendar takes what has a higher sequence.
        .values(
            state="scheduled",
            sequence=Allocation.sequence + 1,
            version=Allocation.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    record_allocations(
        session,
        [session_id],
        "scheduled",
        occurred_at=now,
        now=now,
        reason=reason,
        actor_id=actor.id,
    )
    if row.space_id is not None:
        parts = space_by_id(session, row.space_id).parts
        hold(session, session_id, parts, row.starts_at, row.ends_at)
    session.refresh(row)
    post_reinstatement(session, row, told, reason, now)
    record_session_action(
        session, "session.reinstate", row, actor.id, now, "cancelled", "scheduled", reason
    )
    return row
