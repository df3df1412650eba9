"""The job that opens and clears the alarms that only the server can notice, and mails of all."""

from datetime import datetime

from zone.access.alarms import service
from zone.access.outages import service as outages
from zone.core.config import Settings
from zone.core.db.transactions import writing


def watch_bridges(_settings: Settings, now: datetime) -> int:
    """Open an alarm for each bridge that has gone offline, or is revoked and still has doors.

    Also open and clear the alarms about words that bridges are too old for, and mail staff about
    what keeps people out. Returns how many bridges went offline.
    """
    with writing() as session:
        service.update_word_alarms(session, now)
        offline = service.update_offline_alarms(session, now)
        service.update_revoked_alarms(session, now)
        outages.update_outages(session, now)
    return len(offline)
