"""The scheduled job that records which sessions were held. It is safe to repeat."""

from datetime import datetime

from zone.booking.sessions import service
from zone.core.config import Settings
from zone.core.db.transactions import writing


def mark_held(_settings: Settings, now: datetime) -> int:
    """Record that ended sessions were held; return how many."""
    with writing() as session:
        return service.mark_held(session, now)
