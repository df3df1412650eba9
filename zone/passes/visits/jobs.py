"""The job that deletes when passes were used which are over. Safe to repeat."""

from datetime import datetime
from typing import Final

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.passes.visits import service

FORGET_VISITS: Final = "passes.forget_visits"
AT_ONCE: Final = 200
"""Passes of one transaction: others who write wait for it."""


def forget_visits(settings: Settings, now: datetime) -> int:
    """Delete the visits of passes that have been over for as long as door events name their person;
    return how many.
    """
    before, deleted = helsinki_date(now - settings.person_kept), 0
    while True:
        with writing() as session:
            done, passes = service.delete_visits(session, before, AT_ONCE)
        deleted += done
        if passes < AT_ONCE:
            return deleted
