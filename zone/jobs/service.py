"""Jobs: what is done on time, once per slot however many schedulers run, and again later when it failed.

A slot is the span of a job's interval in which an instant falls, counted from 1970 in UTC. Whoever inserts the row
(job, slot) does the job; the database's unique key decides. Of the slots that were missed, the present one stands for
all: a job does what is due by now, whatever was done before, so no job needs every slot. Jobs are safe to repeat.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.config import Settings
from zone.core.clock import utc_now
from zone.db import insertion, writing
from zone.faults import account, headline
from zone.http.context import settings_of
from zone.jobs.models import JobRun

log = logging.getLogger(__name__)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_ERROR: Final = 500
LEASE: Final = timedelta(minutes=10)
"""How long a claim lasts. Longer than any job takes, for another scheduler then takes its place."""
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)

Run = Callable[[Settings, datetime], int]
"""Does the work as of an instant, inside the application's context; answers how many things it did."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do once every interval."""

    name: str
    every: timedelta
    run: Run
    lease: timedelta = LEASE


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do a run. `attempt` tells it from a later one, whose holder took the run over."""

    run_id: int
    attempt: int


def slot_of(now: datetime, every: timedelta) -> datetime:
    """The start of the slot in which `now` falls."""
    return now - (now - EPOCH) % every


def retry_after(attempts: int, every: timedelta) -> timedelta:
    """How long a job waits after its n-th try in a row that failed: 5, 10, 20 … seconds.

    At most its own interval or a minute, whichever is longer, and never more than an hour.
    """
    return min(FIRST_WAIT * (1 << min(attempts - 1, 12)), max(every, MINUTE), LONGEST_WAIT)


def run_due(app: Flask, job: Job, now: datetime) -> JobRun | None:
    """Run a job for the slot of `now`, unless somebody has or it must still wait. A failure is recorded, never raised.

    1. Claim the slot in a transaction of its own, which pushes the run into the future: killed at any point, it is
       taken up again when its lease ends, and not before.
    2. Run the job, which makes its own transactions.
    3. Record what came of it, unless another has taken the run over meanwhile.
    """
    with app.app_context():
        with writing() as session:
            mine = claim(session, job, slot_of(now, job.every), now)
        if mine is None:
            return None
        outcome = _outcome(job, mine.attempt, settings_of(app), now)
        with writing() as session:
            return _finish(session, mine, outcome)


def claim(session: Session, job: Job, slot: datetime, now: datetime) -> Claim | None:
    """Take a slot of a job, or a run of it that is due again; None when there is nothing to take."""
    last = newest(session, job.name)
    if last is not None and last.slot >= slot:
        return _take_up(session, last, job, now)
    if last is not None and last.state == "failed" and last.due_at is not None and last.due_at > now:
        return None
    return _take_new(session, job, slot, last, now)


def newest(session: Session, job: str) -> JobRun | None:
    """The last run of a job."""
    return session.scalar(select(JobRun).where(JobRun.job == job).order_by(JobRun.slot.desc()).limit(1))


def _take_new(session: Session, job: Job, slot: datetime, last: JobRun | None, now: datetime) -> Claim | None:
    row = {"job": job.name, "slot": slot, "started_at": now, "due_at": now + job.lease, "state": "running"}
    row |= {"attempts": _tries(last, now) + 1, "failing_since": _failing_since(last, now)}
    made = insertion(session, JobRun).values(row).on_conflict_do_nothing(index_elements=["job", "slot"])
    taken = session.execute(made.returning(JobRun.id, JobRun.attempts)).one_or_none()
    return None if taken is None else Claim(*taken)


def _take_up(session: Session, last: JobRun, job: Job, now: datetime) -> Claim | None:
    taken = session.execute(
        update(JobRun)
        .where(JobRun.id == last.id, JobRun.attempts == last.attempts, JobRun.due_at <= now)
        .values(
            state="running", attempts=last.attempts + 1, due_at=now + job.lease, started_at=now, finished_at=None,
            failing_since=_failing_since(last, now),
        )
        .returning(JobRun.id, JobRun.attempts)
    ).one_or_none()  # fmt: skip
    return None if taken is None else Claim(*taken)


def _in_vain(last: JobRun | None, now: datetime) -> bool:
    """Whether the last run came to nothing: one that is still `running` when its lease has ended was killed."""
    if last is None or last.due_at is None:
        return False
    return last.state != "running" or last.due_at <= now


def _tries(last: JobRun | None, now: datetime) -> int:
    """How often in a row it was tried in vain."""
    return last.attempts if last is not None and _in_vain(last, now) else 0


def _failing_since(last: JobRun | None, now: datetime) -> datetime | None:
    """Since when it has not gone well."""
    if last is None or not _in_vain(last, now):
        return None
    return last.failing_since or (None if last.state == "waiting" else last.started_at)


def _outcome(job: Job, attempt: int, settings: Settings, now: datetime) -> Mapping[str, Any]:
    began = time.monotonic()

    def ended() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    try:
        done = job.run(settings, now)
    except Exception as error:  # noqa: BLE001 -- a job must not stop the loop, whatever it does
        log.error("job %s failed: %s", job.name, account(error), extra={"job": job.name, "attempt": attempt})
        again = ended() + retry_after(attempt, job.every)
        return {"state": "failed", "error": headline(error)[:LONGEST_ERROR], "due_at": again, "finished_at": ended()}
    return {"state": "done", "done": done, "error": None, "due_at": None, "finished_at": ended()}


def _finish(session: Session, mine: Claim, outcome: Mapping[str, Any]) -> JobRun | None:
    still_mine = (JobRun.id == mine.run_id, JobRun.attempts == mine.attempt)
    run = session.scalar(update(JobRun).where(*still_mine).values(**outcome).returning(JobRun))
    if run is not None:
        run.failing_since = None if run.state == "done" else run.failing_since or run.started_at
    return run


def ask(session: Session, job: str, now: datetime) -> JobRun:
    """Have a job run as soon as a scheduler looks, however long it would still wait; its run is the newest then.

    Asked again before it has begun, it is the same run.
    """
    last = newest(session, job)
    if last is not None and last.state == "waiting":
        return last
    row = {"job": job, "slot": now, "state": "waiting", "started_at": now, "due_at": now}
    row |= {"attempts": _tries(last, now), "failing_since": _failing_since(last, now)}
    session.execute(insertion(session, JobRun).values(row).on_conflict_do_nothing(index_elements=["job", "slot"]))
    return session.scalars(select(JobRun).where(JobRun.job == job, JobRun.slot == now)).one()


def tick(app: Flask, job: Job) -> None:
    """What the timer calls. Even without a database the loop must go on: the next slot tries again."""
    try:
        run_due(app, job, utc_now())
    except Exception as error:  # noqa: BLE001 -- a job must not stop the loop, whatever it does
        log.error("job %s could not be claimed or recorded: %s", job.name, account(error), extra={"job": job.name})


KEY: Final = "zone_jobs"


def jobs_of(app: Flask) -> Sequence[Job]:
    """The jobs of this service, in the order in which the scheduler lists them."""
    jobs: Sequence[Job] = app.extensions[KEY]
    return jobs
