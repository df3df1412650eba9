"""What the scheduler does for its own history."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from zone.config import Settings
from zone.db import writing
from zone.jobs.models import JobRun

KEPT: Final = timedelta(days=30)


def forget_runs(_settings: Settings, now: datetime) -> int:
    """Drop the history of a month ago; answers how many runs."""
    with writing() as session:
        gone = session.scalars(delete(JobRun).where(JobRun.started_at < now - KEPT).returning(JobRun.id))
        return len(gone.all())
