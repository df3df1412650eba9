"""Queries for runs that are due again, and for the status of every job."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from zone.core.jobs.models import JobRun
from zone.core.jobs.rules import Job, due_time


@dataclass(frozen=True, slots=True)
class JobStatus:
    """The status of a job.

    `state`: never (has not run), waiting, running, lost (its lease has ended without a result),
    done or failed. `next_due`: when a scheduler runs it next. `error` contains no personal data.
    """

    name: str
    every_seconds: int
    state: str
    attempts: int
    last_started: datetime | None
    last_success: datetime | None
    next_due: datetime
    failing_since: datetime | None
    error: str | None


def _is_newest(now: datetime) -> ColumnElement[bool]:
    """Return the condition of the newest run of a job, of those that were due by `now`.

    One that is due later was leased while a clock was wrong. It says nothing until then.
    """
    later = aliased(JobRun)
    newer = (later.job == JobRun.job, later.slot > JobRun.slot, later.slot <= now)
    return and_(JobRun.slot <= now, ~select(later.id).where(*newer).exists())


def newest(session: Session, job: str, now: datetime) -> JobRun | None:
    """The newest run of a job, of those that were due by `now`."""
    runs = select(JobRun).where(JobRun.job == job, JobRun.slot <= now)
    return session.scalar(runs.order_by(JobRun.slot.desc()).limit(1))


def due_again(session: Session, now: datetime) -> set[str]:
    """The jobs whose newest run may be leased now."""
    return set(session.scalars(select(JobRun.job).where(JobRun.due_at <= now, _is_newest(now))))


def running_since(session: Session, job: str, now: datetime) -> Sequence[datetime]:
    """The starts of the runs of a job that a scheduler has leased and that have no result yet."""
    running = JobRun.job == job, JobRun.state == "running", JobRun.due_at > now
    return session.scalars(select(JobRun.started_at).where(*running)).all()


def failing_jobs(now: datetime) -> Select[int]:
    """Return the SELECT of how many jobs fail: their newest run did, or waits to run again."""
    # Only what is not done has a `due_at`, which has an index; a run is stored every 10 s.
    return select(func.count()).where(
        JobRun.due_at.is_not(None), JobRun.failing_since.is_not(None), _is_newest(now)
    )


def last_success_start(session: Session, job: str, now: datetime) -> datetime | None:
    """The start of the last successful run of a job."""
    # The start, because what happened during the run may not have been seen by it. One after `now`
    # was made while a clock was wrong.
    done = JobRun.job == job, JobRun.state == "done", JobRun.started_at <= now
    return session.scalar(select(func.max(JobRun.started_at)).where(*done))


def job_statuses(session: Session, jobs: Sequence[Job], now: datetime) -> list[JobStatus]:
    """The status of every job, in the order of `jobs`."""
    last_slots = (
        select(JobRun.job, func.max(JobRun.slot).label("slot"))
        .where(JobRun.slot <= now)
        .group_by(JobRun.job)
        .subquery()
    )
    on_newest = (JobRun.job == last_slots.c.job) & (JobRun.slot == last_slots.c.slot)
    last_runs = session.scalars(select(JobRun).join(last_slots, on_newest))
    last = {run.job: run for run in last_runs}
    last_successes = (
        select(JobRun.job, func.max(JobRun.finished_at))
        .where(JobRun.state == "done", JobRun.slot <= now)
        .group_by(JobRun.job)
    )
    successes: dict[str, datetime | None] = {
        row[0]: row[1] for row in session.execute(last_successes)
    }
    return [_job_status(job, last.get(job.name), successes.get(job.name), now) for job in jobs]


def _job_status(
    job: Job, last: JobRun | None, success: datetime | None, now: datetime
) -> JobStatus:
    every = int(job.every.total_seconds())
    if last is None:
        return JobStatus(job.name, every, "never", 0, None, None, now, None, None)
    lost = last.state == "running" and last.due_at is not None and last.due_at <= now
    return JobStatus(
        job.name,
        every,
        "lost" if lost else last.state,
        last.attempts,
        last.started_at,
        success,
        _next_due(job, last, now),
        last.failing_since,
        last.error,
    )


def _next_due(job: Job, last: JobRun, now: datetime) -> datetime:
    # The next due time, but earlier when the last run is due again before it, and later when a
    # failed run must wait for longer than the interval.
    following = due_time(max(last.slot, now), job.every) + job.every
    if due_time(now, job.every) > last.slot:
        following = now
    if last.due_at is None:
        return following
    again = max(last.due_at, now)
    return again if last.state == "failed" else min(following, again)


def runs_of(session: Session, job: str, most: int) -> Sequence[JobRun]:
    """The last `most` runs of a job, the newest first."""
    return session.scalars(
        select(JobRun).where(JobRun.job == job).order_by(JobRun.slot.desc()).limit(most)
    ).all()
