"""Find a job, and request a run of it now, audited. Never commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.jobs import service as jobs_service
from zone.core.jobs.models import JobRun
from zone.core.jobs.rules import Job


def job_named(jobs: Sequence[Job], name: str) -> Job:
    """Return the job of that name.

    Raises:
        DomainError: not_found.
    """
    job = next((job for job in jobs if job.name == name), None)
    if job is None:
        raise DomainError(NOT_FOUND)
    return job


def request_run(session: Session, actor: Actor, job: Job, now: datetime) -> JobRun:
    """Have a job run as soon as a scheduler looks, within seconds.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.JOBS_RUN)
    run = jobs_service.request_run(session, job.name, now)
    record_action(
        session, actor_id=actor.id, action="job.run", object_kind="job", object_id=job.name, now=now
    )
    return run
