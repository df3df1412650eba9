"""The job that deletes old runs of jobs."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.jobs.models import JobRun

KEPT: Final = timedelta(days=30)


def delete_old_runs(_settings: Settings, now: datetime) -> int:
    """Drop the history of a month ago; answers how many runs."""
    with writing() as session:
        gone = session.scalars(
            delete(JobRun).where(JobRun.started_at < now - KEPT).returning(JobRun.id)
        )
        return len(gone.all())
