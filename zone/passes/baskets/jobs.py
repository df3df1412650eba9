"""The job that empties baskets which nobody orders. Safe to repeat."""

from datetime import datetime
from typing import Final

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.passes.baskets import service

EMPTY_BASKETS: Final = "passes.empty_baskets"


def empty_baskets(_settings: Settings, now: datetime) -> int:
    """Delete what has been in a basket for 30 days; return how many lines."""
    with writing() as session:
        return service.delete_old(session, now)
