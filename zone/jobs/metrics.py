"""Mail and jobs as figures for whoever watches."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.http.metrics import Gauges, gauge
from zone.jobs.queries import standings
from zone.jobs.service import Job
from zone.outbox import STATES, OutboxMail


def of_mail(session: Session, now: datetime) -> Iterator[Metric]:
    """How much waits, how long, and what could not be delivered."""
    counted = select(OutboxMail.state, func.count()).group_by(OutboxMail.state)
    states = {(state,): 0 for state in STATES} | {(state,): count for state, count in session.execute(counted)}
    yield gauge("zone_outbox_mails", "Mails by what became of them; they are kept for 30 days.", states, ["state"])
    oldest = session.scalar(select(func.min(OutboxMail.created_at)).where(OutboxMail.state == "waiting"))
    age = 0.0 if oldest is None else (now - oldest).total_seconds()
    yield gauge("zone_outbox_oldest_seconds", "How long the oldest mail that waits has waited.", {(): age})


def of_jobs(jobs: Sequence[Job]) -> Gauges:
    """When each job last went well, and whether it fails."""

    def gauges(session: Session, now: datetime) -> Iterator[Metric]:
        found = standings(session, jobs, now)
        successes = {(job.name,): job.last_success.timestamp() for job in found if job.last_success}
        failing = {(job.name,): int(job.failing_since is not None) for job in found}
        attempts = {(job.name,): job.attempts for job in found}
        yield gauge("zone_job_last_success_timestamp_seconds", "When it last went well.", successes, ["job"])
        yield gauge("zone_job_failing", "1: its last run failed, or its process died.", failing, ["job"])
        yield gauge("zone_job_attempts", "Tries of its newest run.", attempts, ["job"])

    return gauges
