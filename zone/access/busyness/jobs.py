"""The job that counts the people inside each campus."""

from datetime import datetime

from zone.access.busyness.service import count_hour
from zone.core.config import Settings
from zone.core.db.transactions import writing


def count_people(_settings: Settings, now: datetime) -> int:
    """Take what is counted now into this hour; return of how many campuses."""
    with writing() as session:
        return count_hour(session, now)
