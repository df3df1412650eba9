"""Run one job: lease the run, do the work, record the result."""

import logging
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from zone.core.clock import utc_now
from zone.core.config import SETTINGS_KEY, Settings
from zone.core.db.transactions import writing
from zone.core.jobs.models import JobRun
from zone.core.jobs.rules import Job, due_time
from zone.core.jobs.service import lease_run, record_result
from zone.core.safe_error import describe_with_traceback, headline

log = logging.getLogger(__name__)
MAX_ERROR_LENGTH: Final = 500
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)


def retry_after(attempts: int, every: timedelta) -> timedelta:
    """The wait after the n-th failed attempt in a row: 5, 10, 20 … seconds.

    At most the job's interval or a minute, whichever is longer, and never more than an hour.
    """
    # 2**12 × 5 s is more than an hour already; the bound keeps the shift small.
    return min(FIRST_WAIT * (1 << min(attempts - 1, 12)), max(every, MINUTE), LONGEST_WAIT)


class Application(Protocol):
    """The part of the web application that jobs need: database context and settings."""

    # A protocol, because core must not import Flask.

    extensions: dict[str, Any]

    def app_context(self) -> AbstractContextManager[Any]:
        """Return a new application context."""


def run_due(app: Application, job: Job, now: datetime) -> JobRun | None:
    """Run a job for the due time of `now`; return the run, or None when there is nothing to do.

    A failure of the job is recorded, not raised.

    1. Lease the run in a transaction of its own. This sets its `due_at` to the end of the lease, so
       that after a crash at any point it is run again then, and not before.
    2. Do the work, in transactions of its own.
    3. Record the result, unless another scheduler has leased the run meanwhile.
    """
    with app.app_context():
        with writing() as session:
            lease = lease_run(session, job, due_time(now, job.every), now)
        if lease is None:
            return None
        outcome = _do_work(job, lease.attempt, app.extensions[SETTINGS_KEY], now)
        with writing() as session:
            return record_result(session, lease, outcome)


def _do_work(job: Job, attempt: int, settings: Settings, now: datetime) -> Mapping[str, Any]:
    began = time.monotonic()

    def ended() -> datetime:
        # `now` may be a test's; only the duration is measured.
        return now + timedelta(seconds=time.monotonic() - began)

    try:
        done = job.run(settings, now)
    except Exception as error:  # noqa: BLE001 -- no failure of a job may stop the loop
        log.error(
            "job %s failed: %s",
            job.name,
            describe_with_traceback(error),
            extra={"job": job.name, "attempt": attempt},
        )
        again = ended() + retry_after(attempt, job.every)
        return {
            "state": "failed",
            "error": headline(error)[:MAX_ERROR_LENGTH],
            "due_at": again,
            "finished_at": ended(),
        }
    return {"state": "done", "done": done, "error": None, "due_at": None, "finished_at": ended()}


def tick(app: Application, job: Job) -> None:
    """Run a job if it is due; called by the timer. Never raises."""
    try:
        run_due(app, job, utc_now())
    except Exception as error:  # noqa: BLE001 -- without a database the loop must go on
        log.error(
            "job %s could not be leased or recorded: %s",
            job.name,
            describe_with_traceback(error),
            extra={"job": job.name},
        )
