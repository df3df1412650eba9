"""What the scheduler does for booking. Each job is safe to repeat."""

from datetime import datetime

from zone.booking import reminders, service, waitlist
from zone.config import Settings
from zone.db import reading, writing


def expand(_settings: Settings, now: datetime) -> int:
    """Make the sessions of the coming weeks; answers how many were new."""
    with writing() as session:
        return service.expand(session, now).made


def mark_held(_settings: Settings, now: datetime) -> int:
    """Record that sessions which ended were held; answers how many."""
    with writing() as session:
        return service.mark_held(session, now)


def settle_queues(_settings: Settings, now: datetime) -> int:
    """Promote wherever a place is free while somebody waits, and close the queues whose time is over; one transaction
    for each session. Answers how many got a place or waited in vain.
    """
    with reading() as session:
        sessions = waitlist.to_settle(session, now)
    done = 0
    for session_id in sessions:
        with writing() as session:
            done += waitlist.settle(session, session_id, now)
    return done


def remind(_settings: Settings, now: datetime) -> int:
    """Remind of the bookings of the coming day; answers how many mails were written."""
    with writing() as session:
        return reminders.remind(session, now)
