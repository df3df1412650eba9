"""Read waitlists."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import select_sessions, session_view_of
from zone.booking.sessions.views import SessionView
from zone.booking.waitlist.models import QueueEntry


def length(session: Session, session_id: int) -> int:
    """Return how many people wait for a place."""
    query = select(func.count(QueueEntry.id)).where(
        QueueEntry.session_id == session_id, QueueEntry.state == "waiting"
    )
    return session.scalar(query) or 0


def queue_places(session: Session, member_id: int) -> list[SessionView]:
    """Return the sessions for which a person waits, by start."""
    query = select_sessions(member_id).where(QueueEntry.id.is_not(None))
    return [
        session_view_of(*row)
        for row in session.execute(query.order_by(ClassSession.starts_at, ClassSession.id))
    ]
