"""The job that carries out bulk extensions. Safe to repeat."""

from datetime import datetime
from typing import Final

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.passes.bulk_extensions import service

AT_ONCE: Final = 1000
"""How many passes one run extends, so that other jobs have their turn."""


def extend_passes(_settings: Settings, now: datetime) -> int:
    """Extend the passes that bulk extensions name, each in a transaction; return how many."""
    for done in range(AT_ONCE):
        with writing() as session:
            if not service.carry_out_next(session, now):
                return done
    return AT_ONCE
