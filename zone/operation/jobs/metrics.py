"""Gauges of jobs."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy.orm import Session

from zone.core.jobs.queries import job_statuses
from zone.core.jobs.rules import Job
from zone.core.metrics import Gauges, gauge


def job_gauges(jobs: Sequence[Job]) -> Gauges:
    """Return the gauges of these jobs."""

    def gauges(session: Session, now: datetime) -> Iterator[Metric]:
        statuses = job_statuses(session, jobs, now)
        successes = {
            (job.name,): job.last_success.timestamp() for job in statuses if job.last_success
        }
        failing = {(job.name,): int(job.failing_since is not None) for job in statuses}
        attempts = {(job.name,): job.attempts for job in statuses}
        yield gauge(
            "zone_job_last_success_timestamp_seconds", "When it last went well.", successes, ["job"]
        )
        yield gauge(
            "zone_job_failing", "1: its last run failed, or its process died.", failing, ["job"]
        )
        yield gauge("zone_job_attempts", "Tries of its newest run.", attempts, ["job"])

    return gauges
