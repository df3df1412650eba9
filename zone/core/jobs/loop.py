"""The loop of the scheduler process: starts jobs at their slots and takes up runs due again."""

import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.core.jobs.queries import due_again
from zone.core.jobs.runner import Application, tick
from zone.core.jobs.service import Job, due_time
from zone.core.safe_error import account

log = logging.getLogger(__name__)

# Jobs at a time: few, so that people keep the connections.
WORKERS: Final = 2
# How often it is looked whether a run is due again, or was asked for.
LOOK_EVERY: Final = timedelta(seconds=2)


def run(app: Application, jobs: Sequence[Job], stop: threading.Event | None = None) -> None:
    """Run the jobs until `stop` is set, or else until the process is told to end (SIGTERM, SIGINT).

    Every job runs at once when its present slot is free, so what was missed is caught up with; then at each slot.
    """
    with stopping(stop) as stopped:
        timer = timer_of(app, jobs, utc_now())
        timer.start()
        try:
            stopped.wait()
        finally:
            timer.shutdown(wait=True)
            with app.app_context():
                db.engine.dispose()


def timer_of(app: Application, jobs: Sequence[Job], now: datetime) -> BackgroundScheduler:
    """The timer of this process. It remembers nothing: what was done is in the database."""
    timer = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(WORKERS), "look": ThreadPoolExecutor(1)},
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in jobs:
        timer.add_job(tick, args=(app, job))
        starts = due_time(now, job.every) + job.every
        timer.add_job(
            tick,
            IntervalTrigger(seconds=job.every.total_seconds(), start_date=starts),
            args=(app, job),
        )
    seconds = LOOK_EVERY.total_seconds()
    timer.add_job(take_up, IntervalTrigger(seconds=seconds), args=(app, jobs), executor="look")
    return timer


def take_up(app: Application, jobs: Sequence[Job]) -> None:
    """Run what is due again: what failed, what was asked for, and what a process that died has left."""
    try:
        with app.app_context(), reading() as session:
            due = due_again(session, utc_now())
    except SQLAlchemyError as error:
        log.error("could not look which jobs are due again: %s", account(error))
        return
    for job in jobs:
        if job.name in due:
            tick(app, job)


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
