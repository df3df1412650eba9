"""The job that deletes the books of accounting years that need not be kept. Safe to repeat."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.passes.retention import service


def delete_old_books(_settings: Settings, now: datetime) -> int:
    """Delete what is due, each accounting year in one transaction; return how many receipts."""
    with reading() as session:
        years = service.years_due(session, now)
    deleted = 0
    for ended_on in years:
        with writing() as session:
            deleted += service.delete_year(session, ended_on, now)
    return deleted
