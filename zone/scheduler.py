"""What the service does by itself, on time: jobs, each done once per slot however many schedulers run.

A slot is the span of a job's interval in which an instant falls, counted from 1970 in UTC. Whoever inserts the row
(job, slot) does the job; the database's unique key decides. A scheduler that was down catches up with one run: the
present slot stands for all that were missed. Jobs are safe to repeat, for a claim whose process died is not taken over:
the next slot runs it again.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from sqlalchemy import CheckConstraint, UniqueConstraint, delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from zone import outbox
from zone.access import jobs as access
from zone.app import create_app
from zone.booking import jobs as booking
from zone.config import Settings
from zone.core.clock import utc_now
from zone.db import Base, Id, db, insertion, writing
from zone.faults import account, headline
from zone.feedback import jobs as feedback
from zone.http.context import settings_of
from zone.members import jobs as members

log = logging.getLogger(__name__)

WORKERS: Final = 2
"""Jobs at a time: few, so that people keep the connections."""

KEPT: Final = timedelta(days=30)
LONGEST_ERROR: Final = 500
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Run = Callable[[Settings, datetime], int]
"""Does the work as of an instant, inside the application's context; answers how many things it did."""


class JobRun(Base):
    """That a job was claimed for a slot, and what came of it. `running` for long means that its process died."""

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("job", "slot"),
        CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
    )

    id: Mapped[Id]
    job: Mapped[str]
    slot: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="running")
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    done: Mapped[int | None]
    error: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do once every interval."""

    name: str
    every: timedelta
    run: Run


def forget_runs(_settings: Settings, now: datetime) -> int:
    """Drop the history of a month ago; answers how many runs."""
    with writing() as session:
        gone = session.scalars(delete(JobRun).where(JobRun.started_at < now - KEPT).returning(JobRun.id))
        return len(gone.all())


def _deliver(settings: Settings, now: datetime) -> int:
    return outbox.deliver(now, settings)


JOBS: Final[tuple[Job, ...]] = (
    Job("outbox.deliver", timedelta(seconds=10), _deliver),
    Job("booking.mark_held", timedelta(minutes=1), booking.mark_held),
    Job("booking.expand", timedelta(hours=1), booking.expand),
    Job("access.derive_visits", timedelta(minutes=1), access.derive_visits),
    Job("access.settle", timedelta(minutes=5), access.settle),
    Job("access.turn_suspensions", timedelta(minutes=1), access.turn_suspensions),
    Job("access.forget_people", timedelta(days=1), access.forget_people),
    Job("access.tidy", timedelta(hours=1), access.tidy),
    Job("feedback.flush", timedelta(minutes=30), feedback.flush),
    Job("feedback.close", timedelta(minutes=5), feedback.close),
    Job("members.sweep", timedelta(hours=1), members.sweep),
    Job("scheduler.forget_runs", timedelta(days=1), forget_runs),
)
"""All jobs of the service."""


def slot_of(now: datetime, every: timedelta) -> datetime:
    """The start of the slot in which `now` falls."""
    return now - (now - EPOCH) % every


def run_due(app: Flask, job: Job, now: datetime) -> JobRun | None:
    """Run a job for the slot of `now`, unless somebody already has. A failure is recorded and never raised.

    1. Claim the slot in a transaction of its own.
    2. Run the job, which makes its own transactions.
    3. Record what came of it.
    """
    with app.app_context():
        with writing() as session:
            run_id = claim(session, job.name, slot_of(now, job.every), now)
        if run_id is None:
            return None
        outcome = _outcome(job, settings_of(app), now)
        with writing() as session:
            finished = update(JobRun).where(JobRun.id == run_id).values(finished_at=utc_now(), **outcome)
            return session.scalar(finished.returning(JobRun))


def claim(session: Session, job: str, slot: datetime, now: datetime) -> int | None:
    """Take a slot of a job: the number of the run, or None when it is taken."""
    row = {"job": job, "slot": slot, "started_at": now}
    made = insertion(session, JobRun).values(row).on_conflict_do_nothing(index_elements=["job", "slot"])
    return session.scalar(made.returning(JobRun.id))


def _outcome(job: Job, settings: Settings, now: datetime) -> dict[str, object]:
    try:
        return {"state": "done", "done": job.run(settings, now)}
    except Exception as error:  # noqa: BLE001 -- a job must not stop the loop, whatever it does
        log.error("job %s failed: %s", job.name, account(error))
        return {"state": "failed", "error": headline(error)[:LONGEST_ERROR]}


def tick(app: Flask, job: Job) -> None:
    """What the timer calls. Even without a database the loop must go on: the next slot tries again."""
    try:
        run_due(app, job, utc_now())
    except Exception as error:  # noqa: BLE001 -- a job must not stop the loop, whatever it does
        log.error("job %s could not be claimed or recorded: %s", job.name, account(error))


def run_scheduler(settings: Settings, *, jobs: Sequence[Job] = JOBS, stop: threading.Event | None = None) -> None:
    """Run the jobs until `stop` is set, or else until the process is told to end (SIGTERM, SIGINT).

    Every job runs at once when its present slot is free, so what was missed is caught up with; then at each slot.
    """
    with stopping(stop) as stopped:
        app = create_app(settings)
        timer = timer_of(app, jobs, utc_now())
        timer.start()
        try:
            stopped.wait()
        finally:
            timer.shutdown(wait=True)
            with app.app_context():
                db.engine.dispose()


def timer_of(app: Flask, jobs: Sequence[Job], now: datetime) -> BackgroundScheduler:
    """The timer of this process. It remembers nothing: what was done is in the database."""
    timer = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()}, executors={"default": ThreadPoolExecutor(WORKERS)}, timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )  # fmt: skip
    for job in jobs:
        timer.add_job(tick, args=(app, job))
        starts = slot_of(now, job.every) + job.every
        timer.add_job(tick, IntervalTrigger(seconds=job.every.total_seconds(), start_date=starts), args=(app, job))
    return timer


@contextmanager
def stopping(stop: threading.Event | None) -> Iterator[threading.Event]:
    """The event to wait for: the caller's, or one that the process's signals set."""
    if stop is not None:
        yield stop
        return
    told = threading.Event()

    def tell(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    former = {kind: signal.signal(kind, tell) for kind in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for kind, handler in former.items():
            signal.signal(kind, handler)
