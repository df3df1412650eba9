"""The job that frees places of orders that nobody paid. Safe to repeat."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.passes.quotas import service


def free_places(_settings: Settings, now: datetime) -> int:
    """Free the places whose order was not paid in time; return how many."""
    freed = 0
    while True:
        with writing() as session:
            some = service.free_places_due(session, now)
        freed += some
        if some < service.FREED_AT_ONCE:
            return freed
