"""The job that opens and clears the alarms that only the server can notice."""

from datetime import datetime

from zone.access.alarms import service
from zone.core.config import Settings
from zone.core.db.transactions import writing


def watch_bridges(_settings: Settings, now: datetime) -> int:
    """Open an alarm for each bridge that has gone offline, and mail the managers once.

    Also open and clear the alarms about words that bridges are too old for. Returns how many
    bridges went offline.
    """
    with writing() as session:
        service.update_word_alarms(session, now)
        offline = service.update_offline_alarms(session, now)
        service.mail_managers(session, offline, now=now)
    return len(offline)
