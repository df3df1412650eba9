"""The job that derives visits from entries which the upload left pending."""

import time
from datetime import datetime, timedelta

from zone.access.visits import service
from zone.core.config import Settings
from zone.core.db.transactions import writing


def derive_visits(_settings: Settings, now: datetime) -> int:
    """Visits from entries that the upload itself left pending; how many entries.

    Each transaction records its own time: with the job's, a long backlog would change figures as of a time long past.
    """
    done, started = 0, time.monotonic()
    while True:
        with writing() as session:
            step = service.derive(session, now + timedelta(seconds=time.monotonic() - started))
        done += step
        if not step:
            return done
