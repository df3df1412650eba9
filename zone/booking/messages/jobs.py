"""The scheduled job that posts reminders. It is safe to repeat."""

from datetime import datetime

from zone.booking.messages import service
from zone.core.config import Settings
from zone.core.db.transactions import writing


def remind(_settings: Settings, now: datetime) -> int:
    """Post the reminders that are due; return how many."""
    with writing() as session:
        return service.write_due_reminders(session, now)
