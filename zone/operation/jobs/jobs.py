"""The jobs that delete old rows of the core: runs of jobs, kept answers, mail and attempts."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.idempotency import service as idempotency
from zone.core.jobs.models import JobRun
from zone.core.mail import service as mail
from zone.core.rate_limit import service as rate_limit

# Longer than `roster_marks.MAX_LOOK_BACK`, 9 days: `marked_until` reads the last success from them.
KEEP_RUNS: Final = timedelta(days=30)
KEEP_ANSWERS: Final = timedelta(days=7)
KEEP_MAIL: Final = timedelta(days=30)
GIVE_UP: Final = timedelta(days=30)
"""How long a mail waits for a mail server."""


def delete_old_runs(_settings: Settings, now: datetime) -> int:
    """Delete the runs of jobs that started `KEEP_RUNS` ago; return how many."""
    with writing() as session:
        old = delete(JobRun).where(JobRun.started_at < now - KEEP_RUNS).returning(JobRun.id)
        return len(session.scalars(old).all())


def delete_old_rows(_settings: Settings, now: datetime) -> int:
    """Delete expired attempts, kept answers and finished mail, and give up mail that has waited
    too long; return how many rows.
    """
    with writing() as session:
        return (
            rate_limit.delete_expired(session, now)
            + idempotency.delete_old_answers(session, now - KEEP_ANSWERS)
            + mail.delete_done(session, now - KEEP_MAIL)
            + mail.give_up(session, now - GIVE_UP, now)
        )
