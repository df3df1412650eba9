"""Jobs and the leases of their runs.

Theory of operation. A job is due at every multiple of its interval, counted from 1970 in UTC. Any
number of schedulers may run. The one that inserts the row (job, slot), where `slot` is the due
time, has the lease and does the work; the unique key decides. A lease ends after `Job.lease`: if
there is no result by then, the process has died, and a scheduler leases the run again by a
conditional UPDATE on `attempts`. A failed run becomes due again after a growing pause.

After missed due times only the current one is run: a job does everything that is due by now. The
work of a job must be safe to repeat.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.core.db.statements import insertion
from zone.core.jobs.models import JobRun
from zone.core.jobs.queries import newest
from zone.core.jobs.rules import Job


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do a run. `attempt` differs from that of a later lease of the same run."""

    run_id: int
    attempt: int


def lease_run(session: Session, job: Job, slot: datetime, now: datetime) -> Lease | None:
    """Lease the run for the due time `slot`, or the last run if it is due again; else None."""
    last = newest(session, job.name, now)
    if last is not None and last.slot >= slot:
        return _lease_again(session, last, job, now)
    # A failed job waits its pause out, also beyond the next due time.
    if (
        last is not None
        and last.state == "failed"
        and last.due_at is not None
        and last.due_at > now
    ):
        return None
    return _lease_new(session, job, slot, last, now)


def _lease_new(
    session: Session, job: Job, slot: datetime, last: JobRun | None, now: datetime
) -> Lease | None:
    row = {
        "job": job.name,
        "slot": slot,
        "started_at": now,
        "due_at": now + job.lease,
        "state": "running",
    }
    row |= {
        "attempts": _count_failed_attempts(last, now) + 1,
        "failing_since": _failing_since(last, now),
    }
    # The unique key (job, slot) decides between schedulers that insert at the same time.
    inserted = (
        insertion(session, JobRun)
        .values(row)
        .on_conflict_do_nothing(index_elements=["job", "slot"])
    )
    leased = session.execute(inserted.returning(JobRun.id, JobRun.attempts)).one_or_none()
    return None if leased is None else Lease(*leased)


def _lease_again(session: Session, last: JobRun, job: Job, now: datetime) -> Lease | None:
    # `attempts` in the condition: of several schedulers that have read the same row, one updates
    # it.
    leased = session.execute(
        update(JobRun)
        .where(JobRun.id == last.id, JobRun.attempts == last.attempts, JobRun.due_at <= now)
        .values(
            state="running",
            attempts=last.attempts + 1,
            due_at=now + job.lease,
            started_at=now,
            finished_at=None,
            failing_since=_failing_since(last, now),
        )
        .returning(JobRun.id, JobRun.attempts)
    ).one_or_none()
    return None if leased is None else Lease(*leased)


def _has_failed(last: JobRun | None, now: datetime) -> bool:
    if last is None or last.due_at is None:
        return False
    # A run that is still `running` at the end of its lease belongs to a process that has died.
    return last.state != "running" or last.due_at <= now


def _count_failed_attempts(last: JobRun | None, now: datetime) -> int:
    """Consecutive failed attempts."""
    return last.attempts if last is not None and _has_failed(last, now) else 0


def _failing_since(last: JobRun | None, now: datetime) -> datetime | None:
    """The start of the first of the consecutive failed attempts."""
    if last is None or not _has_failed(last, now):
        return None
    return last.failing_since or (None if last.state == "waiting" else last.started_at)


def record_result(session: Session, lease: Lease, outcome: Mapping[str, Any]) -> JobRun | None:
    """Store the result of a run; None when another scheduler has leased it since."""
    still_leased = (JobRun.id == lease.run_id, JobRun.attempts == lease.attempt)
    run = session.scalar(update(JobRun).where(*still_leased).values(**outcome).returning(JobRun))
    if run is not None:
        run.failing_since = None if run.state == "done" else run.failing_since or run.started_at
    return run


def request_run(session: Session, job: str, now: datetime) -> JobRun:
    """Request a run of a job at the next poll of a scheduler; return the run.

    A second request before the run has begun returns the same run.
    """
    last = newest(session, job, now)
    if last is not None and last.state == "waiting":
        return last
    row = {"job": job, "slot": now, "state": "waiting", "started_at": now, "due_at": now}
    row |= {
        "attempts": _count_failed_attempts(last, now),
        "failing_since": _failing_since(last, now),
    }
    session.execute(
        insertion(session, JobRun)
        .values(row)
        .on_conflict_do_nothing(index_elements=["job", "slot"])
    )
    return session.scalars(select(JobRun).where(JobRun.job == job, JobRun.slot == now)).one()
