"""The job that derives visits from entries which the upload left pending."""

import time
from datetime import datetime, timedelta

from zone.access.visits import service
from zone.core.config import Settings
from zone.core.db.transactions import writing


def derive_visits(_settings: Settings, now: datetime) -> int:
    """Derive visits from the entries that are still pending; return how many entries."""
    done, started = 0, time.monotonic()
    while True:
        # Each transaction stores its own time. With the time of the job's start, a long backlog
        # would change the figures of a report as of a moment just after it.
        elapsed = timedelta(seconds=time.monotonic() - started)
        with writing() as session:
            step = service.derive(session, now + elapsed)
        done += step
        if not step:
            return done
