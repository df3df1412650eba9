"""The scheduled job that creates the sessions of the coming weeks. It is safe to repeat."""

from datetime import datetime

from zone.booking.expansions import service
from zone.core.config import Settings
from zone.core.db.transactions import writing


def expand(_settings: Settings, now: datetime) -> int:
    """Create the missing sessions of the coming weeks; return how many."""
    with writing() as session:
        return service.expand_classes(session, now).made
