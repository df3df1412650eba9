"""All jobs of the service. `zone.core.jobs` runs each once per slot, and again when it fails."""

from datetime import datetime, timedelta
from typing import Final

from zone.access.alarms import jobs as alarms_jobs
from zone.access.attendance import jobs as attendance_jobs
from zone.access.entries import jobs as entries_jobs
from zone.access.roster import jobs as roster_jobs
from zone.access.visits import jobs as visits_jobs
from zone.booking.messages import jobs as messages_jobs
from zone.booking.sessions import jobs as sessions_jobs
from zone.booking.waitlist import jobs as waitlist_jobs
from zone.booking.weekly_classes import jobs as weekly_classes_jobs
from zone.core.config import Settings
from zone.core.jobs.service import Job
from zone.core.mail import delivery
from zone.feedback.surveys import jobs as surveys_jobs
from zone.members.sign_in_sessions import jobs as sign_in_sessions_jobs
from zone.members.suspensions import jobs as suspensions_jobs
from zone.operation.jobs import jobs as jobs_jobs
from zone.passes.passes import jobs as passes_jobs


def _deliver(settings: Settings, now: datetime) -> int:
    return delivery.deliver(now, settings)


JOBS: Final[tuple[Job, ...]] = (
    Job("outbox.deliver", timedelta(seconds=10), _deliver),
    Job("booking.mark_held", timedelta(minutes=1), sessions_jobs.mark_held),
    Job("booking.expand", timedelta(hours=1), weekly_classes_jobs.expand),
    Job("booking.settle_queues", timedelta(minutes=1), waitlist_jobs.settle_queues),
    Job("booking.remind", timedelta(minutes=10), messages_jobs.remind),
    Job("access.derive_visits", timedelta(minutes=1), visits_jobs.derive_visits),
    Job("access.settle", timedelta(minutes=5), attendance_jobs.settle),
    Job(suspensions_jobs.TURN, timedelta(minutes=1), suspensions_jobs.turn_suspensions),
    Job(roster_jobs.REACH, timedelta(hours=1), roster_jobs.mark_reach),
    Job("passes.warn", timedelta(hours=1), passes_jobs.warn),
    Job("access.watch_bridges", timedelta(minutes=1), alarms_jobs.watch_bridges),
    Job("access.forget_people", timedelta(days=1), entries_jobs.forget_people),
    Job("access.tidy", timedelta(hours=1), roster_jobs.tidy),
    Job("feedback.flush", timedelta(minutes=30), surveys_jobs.flush),
    Job("feedback.close", timedelta(minutes=5), surveys_jobs.close),
    Job("members.sweep", timedelta(hours=1), sign_in_sessions_jobs.delete_expired),
    Job("jobs.forget_runs", timedelta(days=1), jobs_jobs.delete_old_runs),
)
"""All jobs of the service."""
