"""The scheduled job that settles waitlists. It is safe to repeat."""

from datetime import datetime

from zone.booking.waitlist import service
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing


def settle_queues(_settings: Settings, now: datetime) -> int:
    """Promote where a place is free, close waitlists in time; return how many entries ended."""
    with reading() as session:
        sessions = service.sessions_to_settle(session, now)
    ended = 0
    # One transaction for each session: locks are short, and a failure leaves the others done.
    for session_id in sessions:
        with writing() as session:
            ended += service.settle(session, session_id, now)
    return ended
