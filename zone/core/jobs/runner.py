"""Run one job: lease its slot, do it, record the result; a failure is tried again later."""

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
from zone.core.jobs.service import Job, claim, due_time, record_result
from zone.core.safe_error import account, headline

log = logging.getLogger(__name__)
LONGEST_ERROR: Final = 500
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)


def retry_after(attempts: int, every: timedelta) -> timedelta:
    """How long a job waits after its n-th try in a row that failed: 5, 10, 20 … seconds.

    At most its own interval or a minute, whichever is longer, and never more than an hour.
    """
    return min(FIRST_WAIT * (1 << min(attempts - 1, 12)), max(every, MINUTE), LONGEST_WAIT)


class Application(Protocol):
    """The part of the web application that a job needs: the context in which the database is found, and settings."""

    extensions: dict[str, Any]

    def app_context(self) -> AbstractContextManager[Any]:
        """Return the context."""


def run_due(app: Application, job: Job, now: datetime) -> JobRun | None:
    """Run a job for the slot of `now`, unless somebody has or it must still wait. A failure is recorded, never raised.

    1. Claim the slot in a transaction of its own, which pushes the run into the future: killed at any point, it is
       taken up again when its lease ends, and not before.
    2. Run the job, which makes its own transactions.
    3. Record what came of it, unless another has taken the run over meanwhile.
    """
    with app.app_context():
        with writing() as session:
            mine = claim(session, job, due_time(now, job.every), now)
        if mine is None:
            return None
        outcome = _outcome(job, mine.attempt, app.extensions[SETTINGS_KEY], now)
        with writing() as session:
            return record_result(session, mine, outcome)


def _outcome(job: Job, attempt: int, settings: Settings, now: datetime) -> Mapping[str, Any]:
    began = time.monotonic()

    def ended() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    try:
        done = job.run(settings, now)
    except Exception as error:  # noqa: BLE001 -- a job must not stop the loop, whatever it does
        log.error(
            "job %s failed: %s",
            job.name,
            account(error),
            extra={"job": job.name, "attempt": attempt},
        )
        again = ended() + retry_after(attempt, job.every)
        return {
            "state": "failed",
            "error": headline(error)[:LONGEST_ERROR],
            "due_at": again,
            "finished_at": ended(),
        }
    return {"state": "done", "done": done, "error": None, "due_at": None, "finished_at": ended()}


def tick(app: Application, job: Job) -> None:
    """What the timer calls. Even without a database the loop must go on: the next slot tries again."""
    try:
        run_due(app, job, utc_now())
    except Exception as error:  # noqa: BLE001 -- a job must not stop the loop, whatever it does
        log.error(
            "job %s could not be claimed or recorded: %s",
            job.name,
            account(error),
            extra={"job": job.name},
        )
