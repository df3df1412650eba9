"""The job that looks for conflicts among the entries that have arrived."""

from datetime import datetime, timedelta
from typing import Final

from zone.access.conflicts.service import conflicts_since, store_conflicts
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.jobs.queries import last_success_start

NAME: Final = "access.find_conflicts"
# At its first run, and after a long stop of the scheduler.
FARTHEST: Final = timedelta(days=14)
# An upload that began before the last run may have been stored after it.
OVERLAP: Final = timedelta(minutes=1)


def find(_settings: Settings, now: datetime) -> int:
    """Look for conflicts; return how many are new."""
    # Found first, then stored: a box that was offline for days sends many entries, and on SQLite
    # everybody who books would wait until they are compared.
    with reading() as session:
        last = last_success_start(session, NAME, now) or now - FARTHEST
        found = conflicts_since(session, max(last, now - FARTHEST) - OVERLAP)
    if not found:
        return 0
    with writing() as session:
        return store_conflicts(session, found, now)
