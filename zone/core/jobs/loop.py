"""The loop of the scheduler process: runs jobs when they are due."""

import logging
import signal
import threading
import time
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

from zone.core.clock import real_now, utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.core.jobs.queries import due_again
from zone.core.jobs.rules import Job, due_time
from zone.core.jobs.runner import Application, tick
from zone.core.safe_error import describe_with_traceback

log = logging.getLogger(__name__)

# Jobs at a time. Few, so that most database connections remain for requests.
WORKERS: Final = 2
# The pause between checks for runs that are due again or were requested.
POLL_INTERVAL: Final = timedelta(seconds=2)
CHECK_EVERY: Final = timedelta(seconds=5)
STEP: Final = timedelta(seconds=1)
"""More than a clock that is slowed down loses between two checks."""


def run(app: Application, jobs: Sequence[Job], stop: threading.Event | None = None) -> None:
    """Run the jobs until `stop` is set; without `stop`, until SIGTERM or SIGINT."""
    with stop_event(stop) as stopped:
        try:
            while not stopped.is_set():
                _run_timer(app, jobs, stopped)
        finally:
            with app.app_context():
                db.engine.dispose()


def _run_timer(app: Application, jobs: Sequence[Job], stopped: threading.Event) -> None:
    timer = build_timer(app, jobs, utc_now())
    timer.start()
    try:
        wait_until_set_back(stopped)
    finally:
        timer.shutdown(wait=True)


def wait_until_set_back(stopped: threading.Event) -> None:
    """Wait until `stopped` is set, or the machine's clock is set back."""
    # The timer waits for a time of that clock. A machine that begins with local time as UTC is set
    # back by hours soon after: for as long no mail would leave.
    wall, steady = real_now(), time.monotonic()
    while not stopped.wait(CHECK_EVERY.total_seconds()):
        passed = timedelta(seconds=time.monotonic() - steady)
        if real_now() - wall < passed - STEP:
            log.warning("the clock was set back; the timer begins anew")
            return
        # In this order: a pause between the two looks like a clock that was set forward.
        wall, steady = real_now(), time.monotonic()


def build_timer(app: Application, jobs: Sequence[Job], now: datetime) -> BackgroundScheduler:
    """A timer that calls `tick` for each job at once and then at each due time.

    It stores nothing; the database has the runs.
    """
    timer = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(WORKERS), "poll": ThreadPoolExecutor(1)},
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in jobs:
        # At once: catches up if the current due time was missed, does nothing if it was done.
        timer.add_job(tick, args=(app, job))
        # The timer reads the machine's own clock, which the demo's may be days ahead of.
        starts = real_now() + (due_time(now, job.every) + job.every - now)
        timer.add_job(
            tick,
            IntervalTrigger(seconds=job.every.total_seconds(), start_date=starts),
            args=(app, job),
        )
    poll = IntervalTrigger(seconds=POLL_INTERVAL.total_seconds())
    timer.add_job(resume_runs, poll, args=(app, jobs), executor="poll")
    return timer


def resume_runs(app: Application, jobs: Sequence[Job]) -> None:
    """Run what is due again: failed runs, requested runs, and runs whose lease has ended."""
    try:
        with app.app_context(), reading() as session:
            due = due_again(session, utc_now())
    except SQLAlchemyError as error:
        # The database is away; the next poll tries again.
        log.error("could not read which jobs are due again: %s", describe_with_traceback(error))
        return
    for job in jobs:
        if job.name in due:
            tick(app, job)


@contextmanager
def stop_event(stop: threading.Event | None) -> Iterator[threading.Event]:
    """The event to wait for: the caller's, or one that SIGTERM and SIGINT set."""
    if stop is not None:
        yield stop
        return
    stopped = threading.Event()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    former = {kind: signal.signal(kind, handle) for kind in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for kind, handler in former.items():
            signal.signal(kind, handler)
