"""What the scheduler does for booking. Each job is safe to repeat."""

from datetime import datetime

from zone.booking import service
from zone.config import Settings
from zone.db import writing


def expand(_settings: Settings, now: datetime) -> int:
    """Make the sessions of the coming weeks; answers how many were new."""
    with writing() as session:
        return service.expand(session, now).made


def mark_held(_settings: Settings, now: datetime) -> int:
    """Record that sessions which ended were held; answers how many."""
    with writing() as session:
        return service.mark_held(session, now)
