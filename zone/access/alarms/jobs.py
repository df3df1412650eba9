"""The job that opens and clears the alarms of offline bridges."""

from datetime import datetime

from zone.access.alarms import service
from zone.core.config import Settings
from zone.core.db.transactions import writing


def watch_bridges(settings: Settings, now: datetime) -> int:
    """Open an alarm for each bridge that has gone silent and tell the managers once; how many bridges that were."""
    with writing() as session:
        silent = service.watch_silence(session, now)
        service.mail_managers(session, silent, url=f"{settings.base_url}/status", now=now)
    return len(silent)
