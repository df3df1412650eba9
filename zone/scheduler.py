"""All that the service does by itself, on time. How it is done once per slot, and again when it fails: `zone.jobs`."""

from datetime import datetime, timedelta
from typing import Final

from zone import outbox
from zone.access import jobs as access
from zone.booking import jobs as booking
from zone.config import Settings
from zone.feedback import jobs as feedback
from zone.jobs import jobs
from zone.jobs.service import Job
from zone.members import jobs as members
from zone.passes import jobs as passes


def _deliver(settings: Settings, now: datetime) -> int:
    return outbox.deliver(now, settings)


JOBS: Final[tuple[Job, ...]] = (
    Job("outbox.deliver", timedelta(seconds=10), _deliver),
    Job("booking.mark_held", timedelta(minutes=1), booking.mark_held),
    Job("booking.expand", timedelta(hours=1), booking.expand),
    Job("booking.settle_queues", timedelta(minutes=1), booking.settle_queues),
    Job("booking.remind", timedelta(minutes=10), booking.remind),
    Job("access.derive_visits", timedelta(minutes=1), access.derive_visits),
    Job("access.settle", timedelta(minutes=5), access.settle),
    Job(access.TURN, timedelta(minutes=1), access.turn_suspensions),
    Job(access.REACH, timedelta(hours=1), access.mark_reach),
    Job("passes.warn", timedelta(hours=1), passes.warn),
    Job("access.watch_bridges", timedelta(minutes=1), access.watch_bridges),
    Job("access.forget_people", timedelta(days=1), access.forget_people),
    Job("access.tidy", timedelta(hours=1), access.tidy),
    Job("feedback.flush", timedelta(minutes=30), feedback.flush),
    Job("feedback.close", timedelta(minutes=5), feedback.close),
    Job("members.sweep", timedelta(hours=1), members.sweep),
    Job("jobs.forget_runs", timedelta(days=1), jobs.forget_runs),
)
"""All jobs of the service."""
