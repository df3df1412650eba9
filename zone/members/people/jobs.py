"""The job that indexes people whom a write past the product left out of the search."""

from datetime import datetime
from typing import Final

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.members.people import queries, service

BATCH_SIZE: Final = 200  # people in one transaction: keeps the writers' lock short


def index_names(_settings: Settings, _now: datetime) -> int:
    """Index everybody whose trigrams are not those of their name and address; return how many."""
    with reading() as session:
        wrong = queries.wrongly_indexed(session)
    for start in range(0, len(wrong), BATCH_SIZE):
        with writing() as session:
            service.index_members(session, wrong[start : start + BATCH_SIZE])
    return len(wrong)
