"""The scheduled job that writes reminders. It is safe to repeat."""

from datetime import datetime

from zone.booking.messages import service
from zone.core.config import Settings
from zone.core.db.transactions import writing


def remind(_settings: Settings, now: datetime) -> int:
    """Remind of the bookings of the coming day; answers how many mails were written."""
    with writing() as session:
        return service.write_due_reminders(session, now)
