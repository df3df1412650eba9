"""Jobs and the leases of their runs. Never commits.

A slot is the span of a job's interval in which an instant falls, counted from 1970 in UTC. Whoever inserts the
row (job, slot) does the job; the unique key decides. Of the slots that were missed, the present one stands for
all: a job does what is due by now. Jobs are safe to repeat.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.db.statements import insertion
from zone.core.jobs.models import JobRun

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# How long a claim lasts. Longer than any job takes, for another scheduler then takes its place.
LEASE_TIME: Final = timedelta(minutes=10)

# Does the work as of an instant, inside the application's context; answers how many things it did.
Run = Callable[[Settings, datetime], int]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do once every interval."""

    name: str
    every: timedelta
    run: Run
    lease: timedelta = LEASE_TIME


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do a run. `attempt` tells it from a later one, whose holder took the run over."""

    run_id: int
    attempt: int


def due_time(now: datetime, every: timedelta) -> datetime:
    """The start of the slot in which `now` falls."""
    return now - (now - EPOCH) % every


def claim(session: Session, job: Job, slot: datetime, now: datetime) -> Lease | None:
    """Take a slot of a job, or a run of it that is due again; None when there is nothing to take."""
    last = newest(session, job.name)
    if last is not None and last.slot >= slot:
        return _take_up(session, last, job, now)
    if (
        last is not None
        and last.state == "failed"
        and last.due_at is not None
        and last.due_at > now
    ):
        return None
    return _take_new(session, job, slot, last, now)


def newest(session: Session, job: str) -> JobRun | None:
    """The last run of a job."""
    return session.scalar(
        select(JobRun).where(JobRun.job == job).order_by(JobRun.slot.desc()).limit(1)
    )


def _take_new(
    session: Session, job: Job, slot: datetime, last: JobRun | None, now: datetime
) -> Lease | None:
    row = {
        "job": job.name,
        "slot": slot,
        "started_at": now,
        "due_at": now + job.lease,
        "state": "running",
    }
    row |= {"attempts": _tries(last, now) + 1, "failing_since": _failing_since(last, now)}
    made = (
        insertion(session, JobRun)
        .values(row)
        .on_conflict_do_nothing(index_elements=["job", "slot"])
    )
    taken = session.execute(made.returning(JobRun.id, JobRun.attempts)).one_or_none()
    return None if taken is None else Lease(*taken)


def _take_up(session: Session, last: JobRun, job: Job, now: datetime) -> Lease | None:
    taken = session.execute(
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
    return None if taken is None else Lease(*taken)


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


def record_result(session: Session, mine: Lease, outcome: Mapping[str, Any]) -> JobRun | None:
    still_mine = (JobRun.id == mine.run_id, JobRun.attempts == mine.attempt)
    run = session.scalar(update(JobRun).where(*still_mine).values(**outcome).returning(JobRun))
    if run is not None:
        run.failing_since = None if run.state == "done" else run.failing_since or run.started_at
    return run


def request_run(session: Session, job: str, now: datetime) -> JobRun:
    """Have a job run as soon as a scheduler looks, however long it would still wait; its run is the newest then.

    Asked again before it has begun, it is the same run.
    """
    last = newest(session, job)
    if last is not None and last.state == "waiting":
        return last
    row = {"job": job, "slot": now, "state": "waiting", "started_at": now, "due_at": now}
    row |= {"attempts": _tries(last, now), "failing_since": _failing_since(last, now)}
    session.execute(
        insertion(session, JobRun)
        .values(row)
        .on_conflict_do_nothing(index_elements=["job", "slot"])
    )
    return session.scalars(select(JobRun).where(JobRun.job == job, JobRun.slot == now)).one()
