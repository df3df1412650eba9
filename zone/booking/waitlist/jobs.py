"""The scheduled job that settles the queues of full sessions. It is safe to repeat."""

from datetime import datetime

from zone.booking.waitlist import service
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing


def settle_queues(_settings: Settings, now: datetime) -> int:
    """Promote wherever a place is free while somebody waits, and close the queues whose time is over; one transaction
    for each session. Answers how many got a place or waited in vain.
    """
    with reading() as session:
        sessions = service.to_settle(session, now)
    done = 0
    for session_id in sessions:
        with writing() as session:
            done += service.settle(session, session_id, now)
    return done
