"""The job that recounts every invariant once a day, and whenever somebody asks for it."""

from collections.abc import Sequence
from datetime import datetime

from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.invariants import Invariant
from zone.operation.doctor.service import snapshot
from zone.operation.integrity import service


def check(invariants: Sequence[Invariant], settings: Settings, now: datetime) -> int:
    """Recount all of them as of one instant, store what was found, and return how many."""
    with snapshot() as session:
        outcomes = list(service.recount(session, invariants, settings, now, utc_now))
    with writing() as session:
        service.store(session, outcomes, now)
    return len(outcomes)
